package rebuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"nixhop/nixexec"
)

// namesArgv asks a flake for the names of its configurations; none of them is evaluated for it.
func namesArgv(flake string, r Request) []string {
	argv := append([]string{}, nixCommand...)
	argv = append(argv, "eval", "--json", flake+"#nixosConfigurations", "--apply", "builtins.attrNames")
	argv = append(argv, r.NixWords(forFlakeEval)...)
	return append(argv, noLockFile)
}

// configurationNames returns the names of the flake's nixosConfigurations, sorted as Nix does. A flake without any gives an empty list;
// a flake that cannot be read gives an *evaluationError.
func configurationNames(ctx context.Context, flake string, r Request) ([]string, error) {
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: namesArgv(flake, r)})
	if ctx.Err() != nil {
		return nil, err
	}
	return readNames(flake, out, err)
}

// readNames reads what nix printed for namesArgv.
func readNames(flake string, out []byte, err error) ([]string, error) {
	var exit *nixexec.ExitError
	if err != nil && (interrupted(err) || !errors.As(err, &exit) || exit.Signal != 0) {
		return nil, err
	}
	if err != nil && strings.Contains(exit.Stderr, "does not provide attribute") {
		return []string{}, nil
	}
	if err != nil {
		return nil, &evaluationError{Flake: flake, Stderr: exit.Stderr}
	}
	names := []string{}
	if err := json.Unmarshal(out, &names); err != nil {
		return nil, fmt.Errorf("reading the configurations of flake %q: %w", flake, err)
	}
	return names, nil
}

// evaluationError is what nix said when it could not list a flake's configurations, or evaluate one of them, or the one in a file.
type evaluationError struct{ Flake, File, Stderr string }

func (e *evaluationError) Error() string {
	text := strings.TrimSpace(e.Stderr)
	text = strings.TrimPrefix(text, "error: ")
	if e.File != "" {
		return fmt.Sprintf("file %q cannot be evaluated; nothing was built\n%s", e.File, text)
	}
	return fmt.Sprintf("flake %q cannot be evaluated; nothing was built\n%s\nsee what it has: nix flake show %s",
		e.Flake, text, nixexec.Quote(e.Flake))
}

// finding is the error as one of the checks of a host: the last of nix's own errors says what is wrong, those before it where.
func (e *evaluationError) finding(host string) Finding {
	what := "nix gives no reason"
	for line := range strings.Lines(e.Stderr) {
		if text, found := strings.CutPrefix(strings.TrimSpace(line), "error: "); found && text != "" {
			what = printable(text)
		}
	}
	look := "nix flake show " + nixexec.Quote(e.Flake)
	if flake, configuration, found := strings.Cut(e.Flake, "#"); found {
		look = shellWords([]string{"nix", "eval", "--show-trace", flake + "#nixosConfigurations." + attribute(configuration) + ".config.system.build.toplevel.drvPath"})
	}
	found := Finding{
		Name: "evaluation", Severity: Error, Host: host,
		What:   fmt.Sprintf("flake %q cannot be evaluated: %s", e.Flake, what),
		Remedy: []string{look},
	}
	if e.File != "" {
		found.What = fmt.Sprintf("file %q cannot be evaluated: %s", e.File, what)
		found.Remedy = []string{shellWords([]string{"nix-instantiate", "--eval", "--show-trace", e.File})}
	}
	return found
}

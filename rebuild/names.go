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
	return append(argv, r.NixWords(forFlakeEval)...)
}

// configurationNames returns the names of the flake's nixosConfigurations, sorted as Nix does. A flake without any gives an empty list;
// a flake that cannot be read gives nix's own words.
func configurationNames(ctx context.Context, flake string, r Request) ([]string, error) {
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: namesArgv(flake, r)})
	if err != nil {
		var exit *nixexec.ExitError
		if errors.As(err, &exit) && strings.Contains(exit.Stderr, "does not provide attribute") {
			return []string{}, nil
		}
		if errors.As(err, &exit) && exit.Signal == 0 && ctx.Err() == nil {
			return nil, &evaluationError{Flake: flake, Stderr: exit.Stderr}
		}
		return nil, err
	}
	names := []string{}
	if err := json.Unmarshal(out, &names); err != nil {
		return nil, fmt.Errorf("reading the configurations of flake %q: %w", flake, err)
	}
	return names, nil
}

// evaluationError is what nix said when it could not list a flake's configurations.
type evaluationError struct{ Flake, Stderr string }

func (e *evaluationError) Error() string {
	text := strings.TrimSpace(e.Stderr)
	text = strings.TrimPrefix(text, "error: ")
	return fmt.Sprintf("flake %q cannot be evaluated; nothing was built\n%s\nsee what it has: nix flake show %s",
		e.Flake, text, nixexec.Quote(e.Flake))
}

package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// NamesCommand asks a flake for the names of its configurations; none of them is evaluated for it.
func NamesCommand(flake string, r request.Request) nixexec.Command {
	argv := nixexec.NixCommand("eval", "--json", flake+"#nixosConfigurations", "--apply", "builtins.attrNames")
	argv = append(argv, r.NixWords(request.ForFlakeEval)...)
	return nixexec.Command{Argv: append(argv, NoLockFile)}
}

// Names returns the names of the flake's nixosConfigurations, sorted as Nix does. A flake without any gives an empty
// list; a flake that cannot be read gives an *EvaluationError. words are more for nix.
func Names(ctx context.Context, flake string, r request.Request, words ...string) ([]string, error) {
	command := NamesCommand(flake, r)
	command.Argv = append(command.Argv, words...)
	out, err := nixexec.Output(ctx, command)
	if ctx.Err() != nil {
		return nil, err
	}
	return readNames(flake, out, err)
}

// NamesOpenly is Names in the foreground, where nix can ask on the terminal.
func NamesOpenly(ctx context.Context, flake string, r request.Request, s nixexec.Stdio) ([]string, error) {
	var said strings.Builder
	out, err := nixexec.Watch(ctx, NamesCommand(flake, r), s, func(line string) bool {
		said.WriteString(line + "\n")
		return true
	})
	var exit *nixexec.ExitError
	if errors.As(err, &exit) {
		exit.Stderr = said.String()
	}
	return readNames(flake, []byte(out), err)
}

// readNames reads what nix printed for NamesCommand.
func readNames(flake string, out []byte, err error) ([]string, error) {
	var exit *nixexec.ExitError
	if err != nil && (nixexec.Interrupted(err) || !errors.As(err, &exit) || exit.Signal != 0) {
		return nil, err
	}
	if err != nil && exit.NoAttribute() {
		return []string{}, nil
	}
	if err != nil {
		return nil, &EvaluationError{Flake: flake, Stderr: exit.Stderr}
	}
	names := []string{}
	if err := json.Unmarshal(out, &names); err != nil {
		return nil, fmt.Errorf("reading the configurations of flake %q: %w", flake, err)
	}
	return names, nil
}

// EvaluationError is what nix said when it could not list a flake's configurations, or evaluate one of them, or the
// one in a file.
type EvaluationError struct {
	Flake, File, Stderr string
	Submodule           string // what is missing lies in this one

	Node string         // of an inventory; empty: it is no node that cannot be evaluated
	Form inventory.Form // of that
}

// subject is what cannot be evaluated, in a sentence.
func (e *EvaluationError) subject() string {
	what := fmt.Sprintf("flake %q", e.Flake)
	if e.File != "" {
		what = fmt.Sprintf("file %q", e.File)
	}
	if e.Node != "" {
		what = fmt.Sprintf("node %q in %s of %s", e.Node, e.Form.Called(), what)
	}
	return what
}

// missing finds the file of a flake's tree that Nix does not see.
var missing = regexp.MustCompile(`'[^']*/nix/store/[^'/]*-source/([^']+)'`)

// Missing is the first file of a flake that Nix says it cannot read, relative to the top of its tree.
func (e *EvaluationError) Missing() string {
	for line := range strings.Lines(e.Stderr) {
		absent := strings.Contains(line, "does not exist") || strings.Contains(line, "No such file or directory")
		if m := missing.FindStringSubmatch(line); m != nil && absent {
			return m[1]
		}
	}
	return ""
}

// Broken is an error of nix about the source, with the git submodule in which a file lies that it does not see; nil,
// and the error as it is, where nix has said none. dir is the working directory.
func (s Source) Broken(err error, dir string) (*EvaluationError, error) {
	var broken *EvaluationError
	if !errors.As(err, &broken) {
		return nil, err
	}
	broken = broken.In(s.Submodule(broken.Missing(), dir))
	return broken, broken
}

// In is the error of a file that lies in a git submodule; of any other file where that is empty.
func (e *EvaluationError) In(submodule string) *EvaluationError {
	in := *e
	in.Submodule = submodule
	return &in
}

// WithSubmodules is the reference of a flake that asks for its git submodules (NixOS/nix#6633).
func WithSubmodules(flake string) string {
	flake, _, _ = strings.Cut(flake, "#")
	if strings.Contains(flake, "?") {
		return flake + "&submodules=1"
	}
	return flake + "?submodules=1"
}

func (e *EvaluationError) Error() string {
	text := strings.TrimSpace(e.Stderr)
	text = strings.TrimPrefix(text, "error: ")
	said := fmt.Sprintf("%s cannot be evaluated; nothing was built\n%s", e.subject(), text)
	switch {
	case e.File != "":
		return said
	case e.Submodule != "":
		return said + fmt.Sprintf("\nthat is in the git submodule %q: --flake %s", e.Submodule, nixexec.Quote(WithSubmodules(e.Flake)))
	case e.unreadPath():
		return said + "\n" + onlyURL + "; in that directory, and with what is in no commit: --flake path:."
	case e.Node != "":
		return said
	}
	return said + "\nsee what it has: nix flake show " + nixexec.ShellWord(e.Flake)
}

// Finding is the error as one of the checks of a host: the last of nix's own errors says what is wrong, those before
// it where.
func (e *EvaluationError) Finding(host string) report.Finding {
	what := "nix gives no reason"
	for line := range strings.Lines(e.Stderr) {
		if text, found := strings.CutPrefix(strings.TrimSpace(line), "error: "); found && text != "" {
			what = nixexec.Printable(text)
		}
	}
	look := report.Shell("nix", "flake", "show", e.Flake)
	if flake, configuration := splitRef(e.Flake); configuration != "" {
		toplevel, ok := nixexec.FlakeAttribute(flake, "nixosConfigurations", configuration, "config", "system", "build", "toplevel", "drvPath")
		if ok {
			look = report.Shell("nix", "eval", "--show-trace", toplevel)
		}
	}
	found := report.Finding{
		Name: "evaluation", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("%s cannot be evaluated: %s", e.subject(), what),
		Remedy: []report.Remedy{look},
	}
	if e.Node != "" {
		found.Remedy = []report.Remedy{report.Again("--show-trace")}
	}
	if e.Submodule != "" {
		found.Why = fmt.Sprintf("that is in the git submodule %q, and a flake has those only where its reference asks for them", nixexec.Printable(e.Submodule))
		found.Remedy = []report.Remedy{report.Again("--flake", WithSubmodules(e.Flake))}
	}
	if e.unreadPath() {
		found.Why, found.Remedy = onlyURL, []report.Remedy{report.Again("--flake", "path:.").Note("in that directory; with what is in no commit, too")}
	}
	if e.File != "" && e.Node == "" {
		found.Remedy = []report.Remedy{report.Shell("nix-instantiate", "--eval", "--show-trace", e.File)}
	}
	return found
}

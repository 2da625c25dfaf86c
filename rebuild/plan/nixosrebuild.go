package plan

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// WholeStep is the name of a nixos-rebuild's step.
const WholeStep = "nixos-rebuild"

// Whole are the steps by which a nixos-rebuild does everything that is left: its one command, in its own dialect, and
// what must be there for it.
func Whole(j Job) ([]Step, error) {
	argv, err := rebuildArgv(j)
	if err != nil {
		return nil, err
	}
	return []Step{{Name: WholeStep, Command: nixexec.Command{Argv: argv, Env: j.Environment()}}}, nil
}

// rebuildArgv is the command line for nixos-rebuild: the user's own flags in their order, then ours.
func rebuildArgv(j Job) ([]string, error) {
	r, d := j.Request, *j.Dialect
	argv := []string{d.Path, r.Action}
	for _, f := range r.Flags {
		words, err := d.words(f)
		if err != nil {
			return nil, err
		}
		argv = append(argv, words...)
	}
	if r.JSON {
		argv = append(argv, "--json")
	}
	argv = append(argv, sourceWords(j)...)
	argv = append(argv, emulateFlags(j.Emulate)...)
	if j.Target != nil {
		argv = append(argv, "--target-host", j.Target.Word())
	}
	if j.Build != nil {
		argv = append(argv, "--build-host", j.Build.Word())
	}
	if j.Target != nil || j.Build != nil {
		if flag, ok := d.Spell("--no-reexec"); ok && !r.Has("--no-reexec") {
			argv = append(argv, flag)
		}
	}
	if j.Target != nil && len(j.Elevate) > 0 && !r.Elevates() {
		argv = append(argv, d.elevateWords(j.Elevate)...)
	}
	return append(argv, r.Extra...), nil
}

// sourceWords are the flags that name the configuration.
func sourceWords(j Job) (words []string) {
	r := j.Request
	switch {
	case r.Has("--store-path"):
		return nil // it needs no source, and nixos-rebuild refuses one beside it
	case j.Source.IsFlake() && j.Configuration == "":
		return []string{"--flake", j.Source.Flake}
	case j.Source.IsFlake():
		return []string{"--flake", j.Source.Ref(j.Configuration)}
	}
	if r.File != "" {
		words = append(words, "--file", r.File)
	}
	if r.Attr != "" {
		words = append(words, "--attr", r.Attr)
	}
	if r.NoFlake {
		words = append(words, "--no-flake")
	}
	return words
}

// words is a flag as this nixos-rebuild takes it: each value a word of its own, which every release understands (the
// bash one knows no --flag=value), and a spelling that its release knows.
func (d Dialect) words(f request.Flag) ([]string, error) {
	spec, _ := request.FindFlag(f.Name)
	short := !strings.HasPrefix(f.Spelling, "--")
	// A program's text tells its long flags only; the bash one has only -I for --include.
	known := slices.ContainsFunc(append([]string{f.Name}, spec.Also...), d.Knows) || f.Name == "--include"
	switch spelled, ok := d.Spell(f.Name); {
	case short && known && f.Name != "--ask-elevate-password", !short && d.Knows(f.Spelling):
		return d.valued(f, f.Spelling), nil
	case ok:
		return d.valued(f, spelled), nil
	case known && spec.Short != "":
		return d.valued(f, spec.Short), nil
	}
	if f.Name == "--elevate" {
		switch sudo, ok := d.Spell("--sudo"); {
		case f.Values[0] == "none":
			return nil, nil
		case f.Values[0] == "sudo" && ok:
			return []string{sudo}, nil
		}
	}
	return nil, &request.UsageError{
		Message: fmt.Sprintf("%q does not know %s", d.Path, f.Spelling),
		Hint:    "leave it out, or take a newer one: --nixos-rebuild PATH",
	}
}

// valued is a flag with its values. Python's argparse takes a value that begins with a dash only where it is attached to a long flag;
// the bash one takes any word.
func (d Dialect) valued(f request.Flag, spelled string) []string {
	if len(f.Values) == 1 && len(f.Values[0]) > 1 && f.Values[0][0] == '-' && d.isNG() {
		if !strings.HasPrefix(spelled, "--") {
			spelled = f.Name
		}
		return []string{spelled + "=" + f.Values[0]}
	}
	return append([]string{spelled}, f.Values...)
}

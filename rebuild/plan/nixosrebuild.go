package plan

import (
	"nixhop/nixexec"
)

// WholeStep is the name of a nixos-rebuild's step.
const WholeStep = "nixos-rebuild"

// Whole are the steps by which a nixos-rebuild does everything that is left: its one command, in its own dialect, and
// what is brought to its hosts before it.
func Whole(j Job) ([]Step, error) {
	argv, err := rebuildArgv(j)
	if err != nil {
		return nil, err
	}
	step := Step{Name: WholeStep, Command: nixexec.Command{Argv: argv, Env: j.Environment()}}
	if _, guarded := Arm(j); guarded {
		step.Note = "a run without --plan has a guard beside it, and proves by a new login what was activated"
	}
	return append(ahead(j), step), nil
}

// rebuildArgv is the command line for nixos-rebuild: the user's own flags in their order, then ours.
func rebuildArgv(j Job) ([]string, error) {
	r, d := j.Request, *j.Dialect
	argv := []string{d.Path, r.Action}
	for _, f := range r.Flags {
		words, err := d.Words(f)
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
		argv = append(argv, d.ElevateWords(j.Elevate)...)
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

package plan

import (
	"strconv"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
)

// Copy are the steps that bring the built system to where it is activated, or linked to.
func Copy(j Job) []Step {
	path := j.Request.Value("--store-path")
	switch {
	case j.Request.Has("--rollback"), j.Request.Action == "dry-build":
		return nil
	case path != "":
		j.Build = nil // it is here
	}
	var steps []Step
	if copied, ok := copySystem(j); ok {
		steps = append(steps, copied)
	}
	if j.linked() && j.Build != nil && j.Target == nil {
		steps = append(steps, Step{Name: "link", Quiet: true, Command: nixexec.Command{
			Argv: []string{"nix-store", "--realise", decision.ToplevelWord, "--add-root", "result", "--indirect"}}})
	}
	return steps
}

// copySystem brings the built system from where it was built to where it is needed; between two other machines it goes
// through this one unless the one reaches the other, so that neither needs to know or to trust the other
// (nixpkgs#403282).
func copySystem(j Job) (Step, bool) {
	if j.SameHost() {
		return Step{}, false
	}
	third := j.Build != nil && j.Target != nil
	if third && j.Between != nil {
		return copyBetween(j), true
	}
	argv := nixexec.NixCommand()
	argv = append(argv, "copy")
	if j.Build != nil {
		argv = append(argv, "--from", j.Build.StoreURL())
	}
	where := ""
	if j.Target != nil {
		argv = append(argv, "--to", j.Target.StoreURL())
		where = j.Target.Host.Name
	}
	if j.Target == nil {
		// A system that was built by a host of the user's own choice carries no signature that this store knows.
		argv = append(argv, "--no-check-sigs")
	}
	argv = append(argv, substituteWords(j)...)
	argv = append(argv, decision.ToplevelWord)
	argv = append(argv, j.Request.NixWords(request.ForCopy)...)
	return Step{Name: "copy", Where: where, Command: nixexec.Command{Argv: argv, Env: j.Environment()}}, true
}

// copyBetween has a third build host copy what it has built, by its own ssh. It asks nobody anything there.
func copyBetween(j Job) Step {
	options := "NIX_SSHOPTS=-o BatchMode=yes"
	if j.Between.Port != 0 {
		options += " -p " + strconv.Itoa(j.Between.Port)
	}
	words := append([]string{"env", options}, nixexec.NixCommand()...)
	words = append(words, "copy", "--to", betweenURL(j), decision.ToplevelWord)
	words = append(words, substituteWords(j)...)
	words = append(words, j.Request.NixWords(request.ForCopy)...)
	return Step{Name: "copy", Where: j.Build.Host.Name, Command: nixexec.Command{Argv: session(j.Build, words...)}}
}

// betweenURL is the target as the build host knows it.
func betweenURL(j Job) string { return "ssh://" + j.Between.Authority() }

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
	case j.Request.Back(), j.Request.Action == "dry-build":
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
			Argv: []string{"nix-store", "--realise", decision.ToplevelWord, "--add-root", j.link("result"), "--indirect"}}})
	}
	return steps
}

// copySystem brings the built system from where it was built to where it is needed; between two other machines it goes
// through this one unless the one reaches the other, so that neither needs to know or to trust the other
// (nixpkgs#403282). A system that was built by a host of the user's own choice carries no signature that another store
// knows.
func copySystem(j Job) (Step, bool) {
	if j.SameHost() {
		return Step{}, false
	}
	if j.Build != nil && j.Target != nil && j.Between != nil {
		return copyBetween(j), true
	}
	return j.copyOf(decision.ToplevelWord, j.Build, j.Target, j.Copies.System), true
}

// copyBetween has a third build host copy what it has built, by its own ssh. It asks nobody anything there.
func copyBetween(j Job) Step {
	options := "NIX_SSHOPTS=-o BatchMode=yes"
	if j.Between.Port != 0 {
		options += " -p " + strconv.Itoa(j.Between.Port)
	}
	by := func(t decision.Transfer) nixexec.Command {
		words := append([]string{"env", options}, nixexec.NixCommand("copy", "--to", betweenURL(j, t), decision.ToplevelWord)...)
		words = append(append(words, j.flags(t)...), j.Request.NixWords(request.ForCopy)...)
		return nixexec.Command{Argv: session(j.Build, words...)}
	}
	step := Step{Name: "copy", Where: j.Build.Host.Name, Command: by(j.Copies.System)}
	if j.Copies.System != decision.OneByOne {
		one := by(decision.OneByOne)
		step.Else = &one
	}
	return step
}

// betweenURL is the target as the build host knows it.
func betweenURL(j Job, t decision.Transfer) string { return t.Scheme() + "://" + j.Between.Authority() }

package plan

import (
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// Activate is the one command on the target, or here, that sets the profile and activates the system. false: there is
// nothing to activate.
func Activate(j Job) (Step, bool) {
	if !slices.Contains(request.ContactActions, j.Request.Action) {
		return Step{}, false
	}
	rollback := j.Request.Has("--rollback")
	a := Activation{
		Run:            j.Run,
		By:             j.By,
		Action:         j.Request.Action,
		Profile:        facts.ProfilePath(j.Request.Value("--profile-name")),
		Rollback:       rollback,
		Specialisation: j.Request.Value("--specialisation"),
		Bootloader:     j.Request.Has("--install-bootloader"),
		NoCheck:        j.NoPreSwitchCheck,
	}
	words := []string{"/bin/sh", "-s", "--", facts.RunDir(j.Run)}
	if !rollback {
		words = append(words, ToplevelWord)
	}
	step := Step{Name: "activate", Text: "activate.sh", Result: "outcome", Command: nixexec.Command{Stdin: a.Script()}}
	if j.Target == nil {
		step.Command.Argv = slices.Concat(j.LocalElevate, words)
		return step, true
	}
	step.Where = j.Target.Host.Name
	step.Secret = j.Password
	step.Command.Argv = j.Target.session(slices.Concat(j.Elevate, words)...)
	return step, true
}

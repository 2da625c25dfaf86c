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
	a := activationOf(j.Request)
	a.Run, a.By, a.NoCheck = j.Run, j.By, j.NoPreSwitchCheck
	words := []string{"/bin/sh", "-s", "--", facts.RunDir(j.Run)}
	if !a.Rollback {
		words = append(words, ToplevelWord)
	}
	step := Step{Name: "activate", Text: "activate.sh", Result: "outcome", Command: nixexec.Command{Stdin: a.Script()}}
	if j.Target == nil {
		step.Command.Argv = slices.Concat(j.LocalElevate, words)
		return step, true
	}
	step.Where = j.Target.Host.Name
	step.Secret = j.Password
	if j.Commands != nil {
		step.Text, step.Command.Stdin = "commands.sh", j.Commands.Script(a, j.Elevate)
		step.Command.Argv = j.Target.session(slices.Delete(words, 3, 4)...)
		return step, true
	}
	step.Command.Silence = Heartbeat
	step.Command.Argv = j.Target.session(slices.Concat(j.Elevate, words)...)
	return step, true
}

// activationOf is the activation that a request asks for.
func activationOf(r request.Request) Activation {
	return Activation{
		Action:         r.Action,
		Profile:        facts.ProfilePath(r.Value("--profile-name")),
		Rollback:       r.Has("--rollback"),
		Specialisation: r.Value("--specialisation"),
		Bootloader:     r.Has("--install-bootloader"),
	}
}

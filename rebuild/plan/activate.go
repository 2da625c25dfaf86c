package plan

import (
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// Activate is the one command on the target, or here, that sets the profile and activates the system. false: there is
// nothing to activate.
func Activate(j Job) (Step, bool) {
	if !slices.Contains(request.ContactActions, j.Request.Action) {
		return Step{}, false
	}
	a := activation{Activation: decision.ActivationOf(j.Request), Run: j.Run, By: j.By, NoCheck: j.NoPreSwitchCheck}
	if _, guarded := j.proof(); guarded {
		a.Guard = j.Guard
	}
	words := []string{"/bin/sh", "-s", "--", facts.RunDir(j.Run)}
	if !a.Back() {
		words = append(words, decision.ToplevelWord)
	}
	step := Step{Name: "activate", Text: "activate.sh", Result: "outcome", Command: nixexec.Command{Stdin: a.script()}}
	step.Optional = a.Guard != nil // its proof judges how it ended
	if j.Target == nil {
		step.Command.Argv = slices.Concat(j.LocalElevate, words)
		return step, true
	}
	step.Where = j.Target.Host.Name
	if state := decision.Spares(j.Request); state != "" {
		step.Note = "a run without --plan leaves this out where nothing comes of it, as the host " + state +
			" the system already; not with --force"
	}
	step.Secret = j.Password
	if j.Commands != nil {
		step.Text, step.Command.Stdin = "commands.sh", permittedScript(*j.Commands, a, j.Elevate)
		step.Command.Argv = session(j.Target, slices.Delete(words, 3, 4)...)
		return step, true
	}
	step.Command.Silence = Heartbeat
	step.Command.Argv = session(j.Target, slices.Concat(j.Elevate, words)...)
	return step, true
}

package plan

import (
	_ "embed"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

//go:embed reboot.sh
var rebootScript string

// Reboot is the step that has a target boot anew, behind its deployment. system says that its system is a result of the steps
// before; else only the host knows it. false: there is none. Who waits until the host is back is no command.
func Reboot(j Job, system bool) (Step, bool) {
	when, _, err := j.Request.Reboots()
	if err != nil || when == request.RebootNever || j.Target == nil {
		return Step{}, false
	}
	words := slices.Concat(j.Elevate, []string{"/bin/sh", "-s"})
	if system {
		words = append(words, "--", decision.ToplevelWord)
	}
	step := Step{Name: "reboot", Where: j.Target.Host.Name, Text: "reboot.sh", Result: "rebooting", Secret: j.Password}
	step.Note = "a run then waits until the host is back, and sees whether it runs the system"
	step.Command.Argv = session(j.Target, words...)
	step.Command.Stdin = nixexec.Assignments(
		[2]string{"when", string(when)},
		[2]string{"unit", facts.ActivationUnit},
		facts.BootParts(),
		[2]string{"profile", decision.ActivationOf(j.Request).Profile},
		nixexec.HostPrograms(),
	) + rebootScript
	return step, true
}

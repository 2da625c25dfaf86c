package plan

import (
	_ "embed"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

//go:embed once.sh
var onceScript string

//go:embed reboot.sh
var rebootScript string

//go:embed keep.sh
var keepScript string

// Reboot is the step that has a target boot anew, behind its deployment. system says that its system is a result of the
// steps before; else only the host knows it. false: there is none. Who waits until the host is back is no command.
func Reboot(j Job, system bool) (Step, bool) {
	when, _, err := j.Request.Reboots()
	if err != nil || when == request.RebootNever || j.Target == nil {
		return Step{}, false
	}
	step := j.booting("reboot", rebootScript, system, [2]string{"when", string(when)}, [2]string{"once", word(j.Once, "yes")},
		[2]string{"unit", facts.ActivationUnit}, facts.BootParts())
	step.Note = "a run then waits until the host is back, and sees whether it runs the system"
	return step, true
}

// Keep is the step that makes a system what boots which its target has booted once. system is as for Reboot; was is
// what boots until then, empty where nobody has told that. false: there is none.
func Keep(j Job, system bool, was string) (Step, bool) {
	if when, _, err := j.Request.Reboots(); err != nil || when == request.RebootNever || j.Target == nil || !j.Once {
		return Step{}, false
	}
	step := j.booting("keep", keepScript, system, [2]string{"was", was})
	step.Note = "once the host is back, and only then: until here its next boot takes what it has booted before"
	return step, true
}

// booting is a step of a reboot, which is a script.
func (j Job) booting(name, script string, system bool, told ...[2]string) Step {
	words := slices.Concat(j.Elevate, []string{"/bin/sh", "-s"})
	if system {
		words = append(words, "--", decision.ToplevelWord)
	}
	step := Step{Name: name, Where: j.Target.Host.Name, Text: name + ".sh", Result: name + "ing", Secret: j.Password}
	step.Command.Argv = session(j.Target, words...)
	own := [][2]string{{"profile", decision.ActivationOf(j.Request).Profile}, nixexec.HostPrograms()}
	step.Command.Stdin = nixexec.Assignments(slices.Concat(told, own)...) + onceScript + script
	return step
}

// reboots are the steps of a reboot, where there is one.
func reboots(j Job, system bool) (steps []Step) {
	if step, ok := Reboot(j, system); ok {
		steps = append(steps, step)
	}
	if step, ok := Keep(j, system, ""); ok {
		steps = append(steps, step)
	}
	return steps
}

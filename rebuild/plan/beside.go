package plan

import (
	_ "embed"
	"slices"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
)

//go:embed arm.sh
var armScript string

//go:embed beside.sh
var besideScript string

// ArmStep is the name of the step that starts a guard beside a nixos-rebuild.
const ArmStep = "guard"

// Armed is the line by which arm.sh tells that the guard is there.
const Armed = "nixhop-armed"

// Arm is the step that starts a guard beside a nixos-rebuild, over the connection by which that will activate. It
// prints what the host is like, as an outcome, and the line Armed, and stays until its standard input is closed. false:
// there is to be none.
func Arm(j Job) (Step, bool) {
	if j.Dialect == nil || j.Guard == nil || j.Target == nil || !Guarded(j.Request.Action) {
		return Step{}, false
	}
	told := nixexec.Assignments(slices.Concat([][2]string{
		{"unit", facts.ActivationUnit},
		{"run", j.Run},
		{"by", j.By},
		{"action", j.Request.Action},
		{"profile", decision.ActivationOf(j.Request).Profile},
		{"beside", "yes"},
	}, j.Guard.guards())...)
	words := slices.Concat(j.Elevate, []string{"/bin/sh", "-s", "--", facts.RunDir(j.Run)})
	command := ssh.SessionCommand(j.Target.Master, words...)
	command.Stdin = printing("guard", told+besideScript+guardScript) + told +
		nixexec.Assignments([2]string{"ready", Armed}, nixexec.HostPrograms()) + armScript
	return Step{Name: ArmStep, Where: j.Target.Host.Name, Text: "arm.sh", Command: command, Result: "outcome"}, true
}

package plan

import (
	_ "embed"
	"slices"
	"strconv"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
)

//go:embed guard.sh
var guardScript string

//go:embed prove.sh
var proveScript string

// Guard is what stays on a host beside an activation, and takes that back unless a new login proves in time that the
// host can be reached.
type Guard struct {
	Wait   time.Duration     // from the end of the activation to the proof
	Limit  time.Duration     // that the activation may take
	Reboot bool              // the host is booted anew where nothing else brings it back
	Forced bool              // the user has asked for it
	Asks   bool              // the new login may ask somebody on the terminal
	Expect *decision.Machine // as what the host answers then; nil: as before
}

// ProveStep is the name of the step that proves an activation.
const ProveStep = "prove"

// What a guard may be asked for.
const (
	Confirm = "confirm" // what was activated stays, and what went well is what boots
	Restore = "restore" // the system that ran before is brought back
	Look    = "look"    // nothing: only that the host was reached
	Await   = "await"   // how it ends
)

// guards are the assignments in front of the scripts of a guard; nil is none.
func (g *Guard) guards() [][2]string {
	if g == nil {
		return [][2]string{{"guard", ""}}
	}
	return [][2]string{
		{"guard", seconds(g.Wait)}, {"limit", seconds(g.Limit)}, {"reboot", word(g.Reboot, "yes")},
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// Prove is the step that asks the guard of the job's activation for something (Confirm, …), by a new login of its own:
// as through is reached. It prints the outcome of the run.
func Prove(j Job, through *decision.Machine, want string) Step {
	words := slices.Concat(j.Elevate, []string{"/bin/sh", "-s", "--", facts.RunDir(j.Run)})
	command := ssh.FreshCommand(through.Master, j.Guard.Asks, words...)
	command.Silence = Heartbeat
	command.Stdin = nixexec.Assignments(
		[2]string{"run", j.Run},
		[2]string{"want", want},
		[2]string{"unit", facts.ActivationUnit},
		[2]string{"beside", word(j.Dialect != nil, "yes")},
		[2]string{"action", j.Request.Action},
		[2]string{"profile", decision.ActivationOf(j.Request).Profile},
		nixexec.HostPrograms(),
	) + proveScript
	return Step{Name: ProveStep, Where: through.Host.Name, Command: command, Text: "prove.sh", Result: "outcome", Secret: j.Password}
}

// proof is the step behind an activation that makes it stay.
func (j Job) proof() (Step, bool) {
	if j.Guard == nil || j.Target == nil || j.Commands != nil || !Guarded(j.Request.Action) {
		return Step{}, false
	}
	through := j.Target
	if j.Guard.Expect != nil {
		through = j.Guard.Expect
	}
	step := Prove(j, through, Confirm)
	step.Note = "by a new login; without that the guard there brings the system before back"
	return step, true
}

// Guarded reports whether an action changes what runs on a host, so that it may be lost.
func Guarded(action string) bool { return action == "switch" || action == "test" }

package plan

import (
	_ "embed"
	"strconv"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
)

//go:embed activate.sh
var activateScript string

//go:embed work.sh
var workScript string

// activation is what the scripts on the target are told.
type activation struct {
	decision.Activation
	Run     string // names the run, so that its outcome can be asked for later
	By      string // who deploys, for others who wait: "me on laptop"
	NoCheck bool   // NIXOS_NO_CHECK: skip the pre-switch checks of the system itself
}

// activationPatience is how long another activation on the host is waited for.
const activationPatience = 10 * time.Minute

// Heartbeat is how long nothing may be heard of a script on a host that tells every five seconds that it still runs: a
// busy host may be late.
const Heartbeat = time.Minute

// script is what goes to the standard input of /bin/sh on the target: work.sh with its assignments, as a function that
// prints it, then the assignments and activate.sh.
func (a activation) script() string {
	told := nixexec.Assignments(
		[2]string{"unit", facts.ActivationUnit},
		[2]string{"patience", strconv.Itoa(int(activationPatience.Seconds()))},
		[2]string{"run", a.Run},
		[2]string{"by", a.By},
		[2]string{"action", a.Action},
		[2]string{"profile", a.Profile},
		[2]string{"rollback", word(a.Rollback, "yes")},
		[2]string{"wanted", facts.GenerationWord(a.Generation)},
		[2]string{"specialisation", a.Specialisation},
	)
	own := nixexec.Assignments(
		[2]string{"bootloader", word(a.Bootloader, "1")},
		[2]string{"no_check", word(a.NoCheck, "1")},
		nixexec.HostPrograms(),
	)
	return "work() { cat <<'" + workEnd + "'\n" + told + workScript + workEnd + "\n}\n" + told + own + activateScript
}

// workEnd is the line behind work.sh.
const workEnd = "nixhop-end-of-work"

// word is a word where it holds, else nothing.
func word(holds bool, word string) string {
	if holds {
		return word
	}
	return ""
}

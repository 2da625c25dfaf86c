package plan

import (
	_ "embed"
	"slices"
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
	Guard   *Guard // nil: none
}

// activationPatience is how long another activation on the host is waited for.
const activationPatience = 10 * time.Minute

// Heartbeat is how long nothing may be heard of a script on a host that tells every five seconds that it still runs: a
// busy host may be late.
const Heartbeat = time.Minute

// script is what goes to the standard input of /bin/sh on the target: work.sh with its assignments, as a function that
// prints it, guard.sh likewise where there is a guard, then the assignments and activate.sh.
func (a activation) script() string {
	told := nixexec.Assignments(slices.Concat([][2]string{
		{"unit", facts.ActivationUnit},
		{"patience", seconds(activationPatience)},
		{"run", a.Run},
		{"by", a.By},
		{"action", a.Action},
		{"profile", a.Profile},
		{"rollback", word(a.Rollback, "yes")},
		{"wanted", facts.GenerationWord(a.Generation)},
		{"specialisation", a.Specialisation},
		{"on_inhibit", word(a.BootInhibited, "boot")},
		facts.BootParts(),
	}, a.Guard.guards())...)
	own := nixexec.Assignments(
		[2]string{"bootloader", word(a.Bootloader, "1")},
		[2]string{"no_check", word(a.NoCheck, "1")},
		nixexec.HostPrograms(),
	)
	functions := printing("work", told+workScript)
	if a.Guard != nil {
		functions += printing("guard", told+guardScript)
	}
	return functions + told + own + activateScript
}

// printing is a function that prints a text of whole lines.
func printing(name, text string) string {
	return name + "() { cat <<'" + scriptEnd + "'\n" + text + scriptEnd + "\n}\n"
}

// scriptEnd is the line behind a script in another one.
const scriptEnd = "nixhop-end-of-script"

// word is a word where it holds, else nothing.
func word(holds bool, word string) string {
	if holds {
		return word
	}
	return ""
}

package plan

import (
	_ "embed"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
)

//go:embed activate.sh
var activateScript string

// Activation is what the script on the target is told.
type Activation struct {
	Run            string // names the run, so that its outcome can be asked for later
	Action         string // switch, boot, test or dry-activate
	Profile        string // absolute path of the profile
	Rollback       bool   // take the previous generation instead of a store path
	Specialisation string
	Bootloader     bool // install the boot loader anew
	NoCheck        bool // NIXOS_NO_CHECK: skip the pre-switch checks of the system itself
}

// Script is what goes to the standard input of /bin/sh on the target: assignments, then activate.sh.
func (a Activation) Script() string {
	return nixexec.Assignments(
		[2]string{"unit", facts.ActivationUnit},
		[2]string{"outcome", facts.OutcomeFile},
		[2]string{"run", a.Run},
		[2]string{"action", a.Action},
		[2]string{"profile", a.Profile},
		[2]string{"rollback", word(a.Rollback, "yes")},
		[2]string{"specialisation", a.Specialisation},
		[2]string{"bootloader", word(a.Bootloader, "1")},
		[2]string{"no_check", word(a.NoCheck, "1")},
		nixexec.HostPrograms(),
	) + activateScript
}

//go:embed await.sh
var awaitScript string

// AwaitScript is what goes to the standard input of /bin/sh on a target whose connection was lost during the activation of a run: it prints what
// that activation has reported, once it has ended, for ParseOutcome.
func AwaitScript(run string) string {
	return nixexec.Assignments([2]string{"outcome", facts.OutcomeFile}, [2]string{"run", run}, nixexec.HostPrograms()) + awaitScript
}

// Outcome is what the target reported of an activation. Every field may be empty when the connection was lost before.
type Outcome struct {
	Was        string // the system that ran before
	WasProfile string // what the profile pointed to before
	Profile    string // what the profile points to now; empty: it was not touched
	Generation string // its number
	Current    string // the system that runs now
	Status     int    // exit status of switch-to-configuration; -1: not known
	Failed     string // names of failed units, where somebody asked for them
}

func (o Outcome) ItsGeneration() string {
	if o.Generation == "" {
		return ""
	}
	return ", generation " + o.Generation
}

// ReportedBytes is the longest value that counts in a report: a store path has 256 at most (nix: src/libstore/path.hh), whatever a host
// sends.
const ReportedBytes = 256

// ParseOutcome reads the key=value lines that activate.sh reports. Unknown lines are ignored; the last of a key counts.
func ParseOutcome(out string) Outcome {
	o := Outcome{Status: -1}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		value = nixexec.Printable(value[:min(len(value), ReportedBytes)])
		switch key {
		case "was":
			o.Was = value
		case "was_profile":
			o.WasProfile = value
		case "profile":
			o.Profile = value
		case "generation":
			o.Generation = value
		case "current":
			o.Current = value
		case "status":
			if n, err := strconv.Atoi(value); err == nil {
				o.Status = n
			}
		}
	}
	return o
}

// word is a word where it holds, else nothing.
func word(holds bool, word string) string {
	if holds {
		return word
	}
	return ""
}

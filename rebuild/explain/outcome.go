package explain

import (
	"fmt"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// Outcome is what the target reported of the activation of a run. Every field may be empty where it was not seen to its
// end.
type Outcome struct {
	Was        string // the system that ran before
	WasProfile string // what the profile pointed to before
	Toplevel   string // the system that was to be activated
	Started    string // that, or its specialisation
	Profile    string // what the profile was set to; empty: it was not touched
	Generation string // its number
	Version    string // of the NixOS that was to be activated
	Reboot     string // "yes": another kernel, initrd, modules or systemd than those that were booted belong to it; "no"; empty: not known
	Current    string // the system that runs now
	ProfileNow string // what the profile points to now
	Step       string // the last one that was begun; only in StepActivate anything of the system ran
	Inhibited  string // what inhibited the switch (nixpkgs: system.switch.inhibitors), where the system boots next for that
	Why        string // that step was given up for
	Status     int    // exit status of switch-to-configuration; -1: not known, or it never ran
	Begun      bool   // the host has something of this run
	Ended      bool   // it was all of it
	Rest       bool   // nothing of the run is at work there any more
	Failed     string // names of failed units, where somebody asked for them

	Guard     string // the last that the guard of the activation has told of itself (guard.sh); empty: there was none
	Closed    bool   // the guard is gone, and what it told is how it ended
	Committed int    // status of what puts the system where it boots from; -1: not known, or it never ran
	Restored  int    // status of what has brought the system before back; likewise
	HostKeys  string // public keys that the system before had, a line each
}

// StepActivate is the step of an activation that runs switch-to-configuration.
const StepActivate = "activate"

// Known reports whether the activation was seen to its end: by its own word, and that of its host.
func (o Outcome) Known() bool { return o.Ended && (o.Status >= 0 || o.Why != "") }

// action is what was done of the one that was asked for.
func (o Outcome) action(asked string) string {
	if o.Inhibited != "" {
		return "boot"
	}
	return asked
}

// Missed is what the host has in place of what was deployed, in words; empty: it is what it should be. A status of
// success counts only where this is empty. system is empty where the host itself has found out what to activate.
func (o Outcome) Missed(action, system string) string {
	action = o.action(action)
	switch {
	case system != "" && o.Toplevel != system:
		return fmt.Sprintf("it has activated %s, and not %s", orNothing(o.Toplevel), system)
	case action == "dry-activate":
		return ""
	case action != "boot" && o.Current != o.Started:
		return fmt.Sprintf("%s runs there, and not %s", orNothing(o.Current), orNothing(o.Started))
	case (action == "switch" || action == "boot") && o.ProfileNow != o.Toplevel:
		return fmt.Sprintf("its profile was set to %s, and now is %s: somebody else has changed it meanwhile",
			orNothing(o.Toplevel), orNothing(o.ProfileNow))
	}
	return ""
}

// orNothing is a path in a sentence.
func orNothing(path string) string {
	if path == "" {
		return "nothing that it names"
	}
	return path
}

// Deployed is the system that the host has now, where the outcome is known; empty: it is not, or not that one. Without
// a system that was wanted only the host knew which: the generation before.
func (o Outcome) Deployed(system string, result report.Result) string {
	switch {
	case !o.Known():
		return ""
	case system == "" && (result == report.Done || result == report.Units):
		return o.Toplevel
	}
	return system
}

// Change is what an action has changed on a host that was as in before, as far as the outcome tells; nothing where it
// is not known. A version or a reboot is that of a system which runs now, or boots next.
func (o Outcome) Change(action string, before facts.System) report.Change {
	if !o.Known() || action == "dry-activate" {
		return report.Change{}
	}
	action = o.action(action)
	change := report.Change{FromGeneration: before.Generation, FromVersion: before.Version}
	change.ToGeneration, _ = strconv.Atoi(o.Generation)
	boots := action == "boot" && o.Profile != "" && o.ProfileNow == o.Toplevel
	runs := o.Current != "" && o.Current == o.Started
	switch {
	case !boots && (action == "boot" || !runs):
		return change
	case boots && !runs || o.Reboot == "yes":
		change.Reboot = report.Yes
	case o.Reboot == "no":
		change.Reboot = report.No
	}
	change.ToVersion = o.Version
	return change
}

// reportedBytes is the longest value that counts in a report, whatever a host sends: a store path has 256 at most (nix:
// src/libstore/path.hh), a reason may have several of them.
const reportedBytes = 1024

// ParseOutcome reads the key=value lines that activate.sh reports of a run; the last of a key counts. What is not
// behind the name of this very run is somebody else's, and unknown lines are ignored.
func ParseOutcome(out, run string) Outcome {
	o := Outcome{Status: -1, Committed: -1, Restored: -1}
	texts := map[string]*string{
		"was": &o.Was, "was_profile": &o.WasProfile, "toplevel": &o.Toplevel, "started": &o.Started, "profile": &o.Profile,
		"generation": &o.Generation, "version": &o.Version, "reboot": &o.Reboot, "current": &o.Current, "profile_now": &o.ProfileNow, "step": &o.Step, "why": &o.Why,
		"guard": &o.Guard, "inhibited": &o.Inhibited,
	}
	numbers := map[string]*int{"commit_status": &o.Committed, "restored_status": &o.Restored}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		value = nixexec.Printable(value[:min(len(value), reportedBytes)])
		switch text := texts[key]; {
		case !ok:
		case key == "run":
			o.Begun = value == run
		case key == "rest":
			o.Rest = value == "yes"
		case !o.Begun:
		case text != nil:
			*text = value
		case key == "hostkey" && len(o.HostKeys) < 16<<10:
			o.HostKeys += value + "\n"
		case key == "closed":
			o.Closed = value == "yes"
		case numbers[key] != nil:
			if n, err := strconv.Atoi(value); err == nil {
				*numbers[key] = n
			}
		case key == "ended":
			o.Ended = value == "yes"
		case key == "status" && o.Step == StepActivate:
			if n, err := strconv.Atoi(value); err == nil {
				o.Status = n
			}
		}
	}
	o.Rest = o.Rest || o.Ended
	return o
}

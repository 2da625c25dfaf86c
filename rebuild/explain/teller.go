package explain

import (
	"cmp"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// Teller puts into words what came of an activation. Its commands are ready to be pasted.
type Teller struct {
	Where   string // "here", or "on web"
	Action  string
	Back    string // the command that goes back to the generation before; empty: there is no target
	Units   string // the command that shows the failed units; empty: here
	Journal string // the command that shows the log of the activation
	Status  string // the command that tells what runs and how it came to that; empty: here
}

// Outcome puts an activation's own report into words. system is what was deployed; empty: the host has found that out.
func (t Teller) Outcome(o Outcome, system string) (text string, result report.Result) {
	generation := o.generation()
	t.Action = o.action(t.Action)
	missed := ""
	if o.Status == 0 || o.Status == facts.UnitsFailed {
		missed = o.Missed(t.Action, system)
	}
	switch {
	case o.Status < 0:
		return t.Where + ": " + t.gaveUp(o), report.Failed
	case missed != "":
		return fmt.Sprintf("%s: the activation ended with status %d, but %s", t.Where, o.Status, missed), report.HalfDone
	case o.Status == 0 && t.Action == "boot":
		return fmt.Sprintf("%s: %s boots next%s", t.Where, o.Profile, generation) + t.inhibited(o), report.Done
	case o.Status == 0 && t.Action == "dry-activate":
		return t.Where + ": nothing was changed, this was only a look", report.Done
	case o.Status == 0:
		return fmt.Sprintf("%s: %s runs%s", t.Where, o.Current, generation), report.Done
	case o.Status == facts.UnitsFailed:
		return t.units(o), report.Units
	case o.Current != o.Was && o.Current != "":
		return fmt.Sprintf("%s: the activation failed with status %d after it had begun; %s runs now%s", t.Where, o.Status, o.Current, t.nextBoot(o)),
			report.HalfDone
	case o.Status == facts.RebootOnly:
		return t.Where + ": nothing was activated, this system's init takes effect only with a reboot" + t.nextBoot(o), report.Failed
	case o.Status == facts.NotExecutable || o.Status == facts.NotFound:
		return fmt.Sprintf("%s: nothing was activated, switch-to-configuration could not be run there (status %d)%s",
			t.Where, o.Status, t.nextBoot(o)), report.Failed
	default:
		return fmt.Sprintf("%s: nothing was activated, switch-to-configuration ended with status %d%s", t.Where, o.Status, t.nextBoot(o)), report.Failed
	}
}

// inhibited says why a system was not switched to.
func (t Teller) inhibited(o Outcome) string {
	if o.Inhibited == "" {
		return ""
	}
	return "; it was not activated, for it inhibits that: " + o.Inhibited + " would change under the running system"
}

// units says that a system runs of which some units failed.
func (t Teller) units(o Outcome) string {
	text := fmt.Sprintf("%s: %s is active%s, but some units failed", t.Where, o.Current, o.generation())
	if o.Failed != "" {
		text += ": " + o.Failed
	}
	if t.Units != "" {
		text += "\n" + t.Units
	}
	return text
}

// Blamed are failed units in a sentence: first those that have failed since, then those that had failed before.
func Blamed(before, after []string) string {
	fresh := slices.DeleteFunc(slices.Clone(after), func(unit string) bool { return slices.Contains(before, unit) })
	old := slices.DeleteFunc(slices.Clone(after), func(unit string) bool { return slices.Contains(fresh, unit) })
	switch {
	case len(old) == 0:
		return report.First(fresh, namedUnits)
	case len(fresh) == 0:
		return report.First(old, namedUnits) + " (as before)"
	}
	return report.First(fresh, namedUnits) + "; and as before: " + report.First(old, namedUnits)
}

// gaveUp says why an activation ended before anything of the system ran.
func (t Teller) gaveUp(o Outcome) string {
	switch {
	case o.WasProfile != "" && o.ProfileNow != o.WasProfile:
		return "nothing was activated: " + o.Why + "; the profile is " + orNothing(o.ProfileNow) + " now, and was " + orNothing(o.WasProfile)
	case o.Step == "profile":
		return "nothing was activated: " + o.Why
	}
	return "nothing was changed: " + o.Why
}

// Aftermath puts into words what is different on the target after a child that ended with a code: what
// switch-to-configuration has told the journal there, where that can be read, and else what can be seen.
// switch-to-configuration ends with 4 whenever a unit has failed on a host that it has switched (nixpkgs:
// switch-to-configuration-ng). Where the connection was lost nobody else has seen how it ended.
func (t Teller) Aftermath(before, after facts.Host, told Logged, code int, lost bool) (text string, result report.Result) {
	o := Outcome{Was: before.System.Current, WasProfile: before.System.Profile, Current: after.System.Current, Status: code}
	if after.System.Profile != before.System.Profile {
		o.Profile, o.Generation = after.System.Profile, fmt.Sprint(after.System.Generation)
	}
	well := told.Ended && told.System == o.Current
	switch {
	case Rebooted(before, after):
		return fmt.Sprintf("%s: %s; it runs %s", t.Where, Replaced, orNothing(o.Current)), report.Failed
	case well && told.Status == 0:
		return fmt.Sprintf("%s: the activation went through: %s runs%s", t.Where, o.Current, o.generation()), report.Done
	case told.Ended && told.Status != 0 && told.Status != facts.UnitsFailed:
		return fmt.Sprintf("%s: the activation of %s failed with status %d after it had begun; %s runs now%s\n%s",
			t.Where, told.System, told.Status, orNothing(o.Current), t.nextBoot(o), t.Journal), report.HalfDone
	case told.System != "" && !told.Ended:
		return fmt.Sprintf("%s: the activation of %s was ended before it was through; %s runs now%s\n%s",
			t.Where, told.System, orNothing(o.Current), t.nextBoot(o), t.Journal), report.HalfDone
	case o.Current != o.Was && len(after.Failed) > 0, well:
		o.Status, o.Failed = facts.UnitsFailed, Blamed(before.Failed, after.Failed)
		return t.units(o), report.Units
	case o.Current != o.Was && !lost:
		return fmt.Sprintf("%s: the activation failed after it had begun; %s runs now%s\n%s", t.Where, o.Current, t.nextBoot(o), t.Journal), report.HalfDone
	case o.Current != o.Was:
		return fmt.Sprintf("%s: %s runs now, but its activation was not seen to succeed%s\n%s", t.Where, o.Current, t.nextBoot(o), t.Journal), report.Unknown
	case o.Profile != "":
		return t.Where + ": nothing was activated" + t.nextBoot(o), report.Failed
	default:
		return t.Where + ": it runs and boots the same system as before", report.Failed
	}
}

// Replaced is said of a host that is not, or not any more, the machine that it was as it was checked.
const Replaced = "it was rebooted, or another machine answers in its place"

// Rebooted reports whether a host has told another boot id than before. One that tells none has not.
func Rebooted(before, after facts.Host) bool {
	return before.System.BootID != "" && after.System.BootID != "" && before.System.BootID != after.System.BootID
}

// GoesOn says that a run that the user has stopped has left an activation behind, which goes on.
func (t Teller) GoesOn() string {
	return "the activation " + t.Where + " is not ended by this; see how it goes: " + t.Journal
}

// Unknown is what is left to say of a host that cannot be asked any more, and why: what was and was not asked of it is
// known.
func (t Teller) Unknown(why string, a Asked) string {
	switch {
	case a.Ran:
		return fmt.Sprintf("the activation of %s was begun %s; what came of it is not known, for %s; see: %s", cmp.Or(a.System, "the system"), t.Where, why, t.Journal)
	case a.Set:
		return fmt.Sprintf("nothing was activated %s: nixos-rebuild had not come to that; whether the profile was set is not known, for %s", t.Where, why)
	case a.Heard:
		return fmt.Sprintf("nothing was activated %s: nixos-rebuild had not come to that; %s", t.Where, why)
	}
	return "what was changed " + t.Where + " is not known, for " + why + "; see: " + t.Journal
}

// NotBooted says that a host boots another system than the one that it runs, after a child that ended well.
func (t Teller) NotBooted(after facts.Host) string {
	return fmt.Sprintf("%s: nixos-rebuild ended well, but %s runs there, and its profile is %s\n%s",
		t.Where, orNothing(after.System.Current), orNothing(after.System.Profile), t.Journal)
}

// nextBoot says what boots next where that was changed, and how to take it back. switch-to-configuration installs the
// boot loader before it changes anything else, and ends with 100 only behind that; before, it may have refused the
// system (nixpkgs: switch-to-configuration-ng).
func (t Teller) nextBoot(o Outcome) string {
	if o.Profile == "" {
		return ""
	}
	next := "; the profile is set" + o.generation() + ": the next boot takes " + o.Profile
	if o.Profile == o.Current && o.Current != o.Was { // which has just been named
		next = "; the profile is set" + o.generation() + ": the next boot takes it, too"
	}
	if o.Status != facts.RebootOnly && (o.Current == o.Was || o.Current == "") {
		next = "; the profile is set" + o.generation() + ": " + o.Profile + ", but the boot loader may not know it"
	}
	if t.Back != "" && o.WasProfile != "" && o.WasProfile != o.Profile {
		next += "\nback to the generation before: " + t.Back
	}
	return next
}

func (o Outcome) generation() string {
	if o.Generation == "" {
		return ""
	}
	return ", generation " + o.Generation
}

// namedUnits is how many failed units are named.
const namedUnits = 5

// NewTeller is the one for an action on a target (nil: this machine) that was called for.
func NewTeller(target *decision.Machine, call report.Call) Teller {
	journal := []string{"journalctl", "-u", facts.ActivationUnits, "-e"}
	t := Teller{Where: "here", Action: call.Action, Journal: nixexec.ShellWords(journal)}
	if call.Word != "" {
		t.Back = call.Back()
	}
	if target != nil {
		host := target.Host.String()
		t.Where = "on " + target.Host.Name
		t.Journal = call.Lines([]report.Remedy{report.On(host, journal...)})[0]
		t.Status = call.Lines([]report.Remedy{report.Nixhop("status", host)})[0]
		t.Units = call.Lines([]report.Remedy{report.On(host, "systemctl", "--failed")})[0]
	}
	return t
}

package guard

import (
	"fmt"
	"time"

	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// What a guard tells of itself (guard.sh); Gone is told in its place by a host that was booted since (prove.sh).
const (
	Committed   = "committed"   // the new system was proved, and boots
	Kept        = "kept"        // it was proved, and goes on running; what boots was left alone
	Uncommitted = "uncommitted" // it was proved, but could not be made what boots
	Restored    = "restored"    // the system before runs again
	Unneeded    = "unneeded"    // nothing had changed by then
	Left        = "left"        // another deployment came between: nothing was touched
	Failed      = "failed"      // the system before could not be brought back
	Rebooting   = "rebooting"   // the host reboots for that
	Gone        = "gone"        // the host was booted since
)

// Proof is how it was tried to prove an activation under a guard.
type Proof struct {
	Outcome explain.Outcome
	System  string // that was activated; empty: only the host has known
	Guard   plan.Guard
	Before  string // the system that ran before
	Why     string // there was no proof; empty: nothing is known to have been in its way
	Took    time.Duration
	Whole   bool // a nixos-rebuild has activated it, and made it what boots, before anybody could prove it
}

// Tell puts into words what came of it. An empty text says that the new system stays, as the outcome of its activation
// has it.
func (p Proof) Tell(t explain.Teller) (text string, result report.Result) {
	o := p.Outcome
	if p.Whole && (o.Guard == Unneeded || o.Guard == Left || o.Guard == Gone) {
		return "", report.Done // what came of it is asked of the host then
	}
	switch o.Guard {
	case Kept:
		return "", report.Done
	case Committed:
		if o.Committed == 0 {
			return "", report.Done
		}
		return fmt.Sprintf("%s: %s runs, and the profile is set, generation %s, but the boot loader was not installed (status %d): it boots what it did before\n%s",
			t.Where, o.Current, o.Generation, o.Committed, t.Journal), report.HalfDone
	case Uncommitted:
		return fmt.Sprintf("%s: %s runs, but %s: the next boot takes %s", t.Where, o.Current, o.Why, o.ProfileNow), report.HalfDone
	case Restored:
		return fmt.Sprintf("%s: %s: its guard has brought %s back, which runs%s", t.Where, p.why(), o.Current, p.failing()) + p.boots() + p.because(), report.RolledBack
	case Unneeded:
		return t.Where + ": nothing was activated: the activation was ended before it changed anything", report.Failed
	case Left:
		return fmt.Sprintf("%s: the guard has left the host alone, for %s; %s runs, and the next boot takes %s", t.Where, o.Why, o.Current, o.ProfileNow), report.HalfDone
	case Gone:
		return p.booted(t)
	case Failed, Rebooting:
		return fmt.Sprintf("%s: %s, and its guard could not bring %s back (status %d): %s runs; the next boot takes %s\n%s",
			t.Where, p.why(), o.Was, o.Restored, o.Current, o.ProfileNow, t.Journal), report.HalfDone
	}
	return p.lost(t), report.Unknown
}

// why says why the new system was not kept.
func (p Proof) why() string {
	if p.Why == "" {
		return "the new system was not proved"
	}
	return p.Why
}

// failing says that the system that was brought back is not whole.
func (p Proof) failing() string {
	switch p.Outcome.Restored {
	case 0, -1:
		return ""
	case facts.UnitsFailed:
		return ", though some of its units failed"
	}
	return fmt.Sprintf(", though its activation ended with status %d", p.Outcome.Restored)
}

// boots says what boots next, where that is not what runs.
func (p Proof) boots() string {
	if o := p.Outcome; o.ProfileNow != o.Current && o.ProfileNow != "" {
		return "; the next boot takes " + o.ProfileNow
	}
	return ", and boots next"
}

// because is why what boots was not brought back, too.
func (p Proof) because() string {
	if p.Whole && p.Outcome.Why != "" {
		return "; " + p.Outcome.Why
	}
	return ""
}

// booted is said of a host that was booted before its activation was committed.
func (p Proof) booted(t explain.Teller) (string, report.Result) {
	if o := p.Outcome; o.Current != p.Before {
		return fmt.Sprintf("%s: it was rebooted before the new system was proved, and runs %s", t.Where, o.Current), report.Unknown
	}
	return fmt.Sprintf("%s: it was rebooted before the new system was proved, and so is back in %s", t.Where, p.Outcome.Current), report.RolledBack
}

// lost is said of a host that nobody could ask any more.
func (p Proof) lost(t explain.Teller) string {
	text := fmt.Sprintf("%s: it is not reached any more, since %s", t.Where, span(p.Took))
	if p.Why != "" {
		text += ": " + p.Why
	}
	if p.Whole {
		return text + "\nthe guard there brings " + p.Before + " back, and its profile; until then the next boot takes the new system; when it answers again: " + t.Status
	}
	return text + "\nthe new system was not committed: the guard there brings " + p.Before + " back, and the next boot takes that, too; when it answers again: " + t.Status
}

// Waiting is said when a new login did not come through at first.
func (p Proof) Waiting(t explain.Teller) string {
	return fmt.Sprintf("%s: the new system does not let a new login in (%s); unless it does within %s, the guard there brings %s back",
		t.Where, p.Why, span(p.Guard.Wait), p.Before)
}

// Expired is said when the time of the proof is over.
func (p Proof) Expired(t explain.Teller) string {
	return fmt.Sprintf("%s: there was no new login for %s; waiting for the guard to bring %s back, and for the host to answer", t.Where, span(p.Guard.Wait), p.Before)
}

// Stopped is said of a run that was stopped before its activation was proved.
func (p Proof) Stopped(t explain.Teller) string {
	return fmt.Sprintf("%s: the new system is not proved, and so the guard there brings %s back, %s after the end of its activation; what came of it: %s",
		t.Where, p.Before, span(p.Guard.Wait), t.Status)
}

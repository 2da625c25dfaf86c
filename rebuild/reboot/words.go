package reboot

import (
	"fmt"
	"time"

	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// words puts into words what becomes of a reboot.
type words struct {
	teller   explain.Teller
	host     sshcfg.Host
	call     report.Call
	patience time.Duration
}

// on is a command on the host, ready to be pasted.
func (w words) on(command ...string) string {
	return w.call.Lines([]report.Remedy{report.On(w.host.String(), command...)})[0]
}

// status is the command that asks a host what has become of it.
func (w words) status() string {
	return w.call.Lines([]report.Remedy{report.Nixhop("status", w.host.String())})[0]
}

// goes says that the host boots, for what, and which way back there is.
func (w words) goes(t told) string {
	text := w.teller.Where + ": it reboots"
	if t.due != "" {
		text += ", for " + t.due
	}
	switch {
	case t.once != "":
		text += "; " + t.once + " boots that once, and " + t.was + " again unless it is seen to be well"
	case t.plain != "":
		text += "; there is no way back but its boot menu, for " + t.plain
	}
	return fmt.Sprintf("%s; it has %s to come back", text, w.patience)
}

// unkept says that a system has come up which is not what boots.
func (w words) unkept(t told, why string) string {
	return fmt.Sprintf("%s: it has booted %s once, and runs it, but that was not made what boots: %s; the next boot takes %s", w.teller.Where, t.next, why, t.was)
}

// not says that a host whose system is in its place was not rebooted.
func (w words) not(why string) string {
	return fmt.Sprintf("%s: the system is in its place, but the host was not rebooted: %s\n%s", w.teller.Where, why, w.on("sudo", "systemctl", "reboot"))
}

// lost is said of a host that has not come back.
func (w words) lost(t told, why string) string {
	if t.once != "" {
		return fmt.Sprintf("%s: it was told to boot %s once, and did not come back within %s (%s)\n"+
			"what it does is not known; whenever it boots again, by a power cycle or by itself, it takes %s, which it ran before; when it answers again: %s",
			w.teller.Where, t.next, w.patience, why, t.was, w.status())
	}
	text := fmt.Sprintf("%s: it was told to reboot into %s, and did not come back within %s (%s)\n"+
		"what it does is not known; somebody at its console finds the generation before in its boot menu; when it answers again: %s",
		w.teller.Where, t.next, w.patience, why, w.status())
	if w.teller.Back != "" {
		text += "\nback to the generation before, then: " + w.teller.Back
	}
	return text
}

// stopped is said where the user does not wait for the host.
func (w words) stopped(t told) string {
	text := w.teller.Where + ": it reboots, and nobody has seen it come back"
	if t.once != "" {
		text += "; " + t.next + " is booted once, and then " + t.was + " again, unless it is deployed once more"
	}
	return text + "; what came of it: " + w.status()
}

// silent is said of a host that is back, and does not tell what it runs.
func (w words) silent(err error) string {
	return fmt.Sprintf("%s: it has rebooted, but what it runs is not known: %v\n%s", w.teller.Where, err, w.status())
}

// judge says whether the system that was to come up is what the host runs, and has booted.
func (w words) judge(t told, s facts.System, took time.Duration) (string, report.Result) {
	wanted := t.next
	switch {
	case t.once != "" && s.Booted == t.was && s.Current == t.was:
		return fmt.Sprintf("%s: it was told to boot %s once, and is back after %s in %s, which it ran before and boots next",
			w.teller.Where, wanted, took.Round(time.Second), t.was), report.RolledBack
	case s.Current == wanted && s.Booted == wanted && t.once == "" && s.Profile != wanted:
		return fmt.Sprintf("%s: it has booted %s, but its profile is %s now: somebody else has changed it meanwhile", w.teller.Where, wanted, shown(s.Profile)), report.HalfDone
	case s.Current == wanted && s.Booted == wanted:
		return fmt.Sprintf("%s: it is back after %s, and has booted %s", w.teller.Where, took.Round(time.Second), wanted), report.Done
	case s.Booted == wanted:
		return fmt.Sprintf("%s: it has booted %s, but %s runs there: somebody else has switched it meanwhile", w.teller.Where, wanted, shown(s.Current)), report.HalfDone
	}
	return fmt.Sprintf("%s: it has rebooted, but its boot loader took %s, and not %s, which is its profile; see: %s",
		w.teller.Where, shown(s.Booted), wanted, w.on("sudo", "bootctl", "list")), report.HalfDone
}

// shown is a path in a sentence.
func shown(path string) string {
	if path == "" {
		return "a system that it does not name"
	}
	return path
}

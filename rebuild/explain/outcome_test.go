package explain

import (
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

func TestParseOutcome(t *testing.T) {
	out := "status=0\nrun=r\nnonsense\nprofile=/b\x1b[2J\ngeneration=12\nstatus=7\nstep=activate\ncurrent=/b\nstatus=4\nended=yes\n"
	got := ParseOutcome(out, "r")
	want := Outcome{Profile: `/b\x1b[2J`, Generation: "12", Current: "/b", Step: "activate", Status: 4, Begun: true, Ended: true, Rest: true, Committed: -1, Restored: -1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for name, out := range map[string]string{
		"nothing else (field: a host that answers status=0)": "status=0\n",
		"another run":                    "run=other\nstep=activate\nstatus=0\nended=yes\n",
		"no run":                         "step=activate\ncurrent=/b\nstatus=0\nended=yes\n",
		"it broke off":                   "run=r\nstep=activate\nstatus=0\n",
		"before switch-to-configuration": "run=r\nstep=profile\nstatus=0\nended=yes\n",
	} {
		if got := ParseOutcome(out, "r"); got.Known() {
			t.Errorf("%s: is known: %+v", name, got)
		}
	}
}

// Success is what the activation says itself, and what the host then runs (field: attacked on purpose).
func TestMissed(t *testing.T) {
	good := Outcome{Toplevel: "/s", Started: "/s", Current: "/s", Profile: "/s", ProfileNow: "/s"}
	special := Outcome{Toplevel: "/s", Started: "/c", Current: "/c", Profile: "/s", ProfileNow: "/s"}
	for _, c := range []struct {
		name, action, system string
		outcome              Outcome
		missed               bool
	}{
		{"switch", "switch", "/s", good, false},
		{"specialisation", "switch", "/s", special, false},
		{"rollback", "switch", "", good, false},
		{"nothing is told", "switch", "/s", Outcome{}, true},
		{"another system was activated", "switch", "/t", good, true},
		{"another one runs", "switch", "/s", Outcome{Toplevel: "/s", Started: "/s", Current: "/old", ProfileNow: "/s"}, true},
		{"another one runs, test", "test", "/s", Outcome{Toplevel: "/s", Started: "/s", Current: "/old"}, true},
		{"the specialisation does not run", "test", "/s", Outcome{Toplevel: "/s", Started: "/c", Current: "/s"}, true},
		{"somebody has set the profile meanwhile", "switch", "/s", Outcome{Toplevel: "/s", Started: "/s", Current: "/s", ProfileNow: "/t"}, true},
		{"boot", "boot", "/s", Outcome{Toplevel: "/s", Started: "/s", Current: "/old", ProfileNow: "/s"}, false},
		{"boot, another profile", "boot", "/s", Outcome{Toplevel: "/s", Started: "/s", Current: "/old", ProfileNow: "/old"}, true},
		{"test, whatever boots", "test", "/s", Outcome{Toplevel: "/s", Started: "/s", Current: "/s", ProfileNow: "/old"}, false},
		{"a look", "dry-activate", "/s", Outcome{Toplevel: "/s", Current: "/old"}, false},
	} {
		if got := c.outcome.Missed(c.action, c.system); (got != "") != c.missed {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// What has changed is told as far as the host has told it, and of a system that neither runs nor boots next not at all.
func TestChange(t *testing.T) {
	before := facts.System{Generation: 4, Version: "25.05"}
	good := Outcome{
		Toplevel: "/s", Started: "/s", Current: "/s", Profile: "/s", ProfileNow: "/s", Generation: "5", Version: "25.11", Reboot: "no", Ended: true,
	}
	changed := func(to int, version string, reboot report.Answer) report.Change {
		return report.Change{FromGeneration: 4, ToGeneration: to, FromVersion: "25.05", ToVersion: version, Reboot: reboot}
	}
	with := func(change func(*Outcome)) Outcome { o := good; change(&o); return o }
	for _, c := range []struct {
		name, action string
		outcome      Outcome
		want         report.Change
	}{
		{"switch", "switch", good, changed(5, "25.11", report.No)},
		{"another kernel", "switch", with(func(o *Outcome) { o.Reboot = "yes" }), changed(5, "25.11", report.Yes)},
		{"a container", "switch", with(func(o *Outcome) { o.Reboot = "" }), changed(5, "25.11", report.Unsaid)},
		{"what a host should not say", "switch", with(func(o *Outcome) { o.Reboot, o.Generation = "rm -rf", "five" }), changed(0, "25.11", report.Unsaid)},
		{"test", "test", with(func(o *Outcome) { o.Profile, o.Generation = "", "" }), changed(0, "25.11", report.No)},
		{"boot", "boot", with(func(o *Outcome) { o.Current = "/old" }), changed(5, "25.11", report.Yes)},
		{"inhibited", "switch", with(func(o *Outcome) { o.Current, o.Inhibited = "/old", "dbus" }), changed(5, "25.11", report.Yes)},
		{"boot of what runs", "boot", good, changed(5, "25.11", report.No)},
		{"boot, and the profile is another one now", "boot", with(func(o *Outcome) { o.ProfileNow = "/t" }), changed(5, "", report.Unsaid)},
		{"it does not run", "switch", with(func(o *Outcome) { o.Current, o.Status = "/old", 1 }), changed(5, "", report.Unsaid)},
		{"units failed", "switch", with(func(o *Outcome) { o.Status = 4 }), changed(5, "25.11", report.No)},
		{"a look", "dry-activate", good, report.Change{}},
		{"its end is not known", "switch", with(func(o *Outcome) { o.Ended = false }), report.Change{}},
	} {
		if got := c.outcome.Change(c.action, before); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// What a host reports is cut where it is longer than anything honest.
func TestParseOutcomeBounded(t *testing.T) {
	const long = 1 << 20
	got := ParseOutcome("run=r\nstep=activate\nended=yes\ncurrent="+strings.Repeat("x", long)+"\nstatus="+strings.Repeat("9", long)+
		"\n\x1b]0;owned\x07status=0\nprofile=/b\u202e\x1b[2J\n", "r")
	if len(got.Current) != reportedBytes || strings.ContainsAny(got.Profile, "\x1b\u202e") || got.Known() {
		t.Errorf("%.300q, %q, %d", got.Current, got.Profile, got.Status)
	}
}

// What is printed as deployed is there, and of a generation before only what the host says it has gone back to.
func TestOutcomeDeployed(t *testing.T) {
	known := Outcome{Toplevel: "/before", Ended: true}
	for _, c := range []struct {
		what    string
		outcome Outcome
		system  string
		result  report.Result
		want    string
	}{
		{"nobody saw its end", Outcome{Toplevel: "/s"}, "/s", report.Unknown, ""},
		{"activated", known, "/s", report.Done, "/s"},
		{"gone back", known, "", report.Done, "/before"},
		{"gone back, but for a unit", known, "", report.Units, "/before"},
		{"not gone back", known, "", report.Failed, ""},
		{"half of it", known, "", report.HalfDone, ""},
	} {
		if got := c.outcome.Deployed(c.system, c.result); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

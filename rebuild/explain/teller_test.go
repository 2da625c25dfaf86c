package explain

import (
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// tellerOf tells of a host.
func tellerOf(action string) Teller {
	return Teller{Where: "on web", Action: action, Back: "BACK", Units: "UNITS", Journal: "JOURNAL"}
}

func TestTellerAftermath(t *testing.T) {
	before := facts.Host{System: facts.System{Current: "/old", Profile: "/old", Generation: 4, BootID: "1"}}
	const same = "on web: it runs and boots the same system as before"
	const next = "the next boot takes "
	const set = "; the profile is set, generation 5: "
	const back = "\nback to the generation before: BACK"
	profile := func(f *facts.Host) { f.System.Profile, f.System.Generation = "/new", 5 }
	failed := func(f *facts.Host, units ...string) { f.System.Current, f.Failed = "/new", units }
	for _, c := range []struct {
		what   string
		change func(*facts.Host)
		code   int
		lost   bool
		told   Logged
		text   string
		result report.Result
	}{
		{"nothing", func(*facts.Host) {}, 1, false, Logged{}, same, report.Failed},
		{"a unit that had failed before", func(f *facts.Host) { f.Failed = []string{"a.service"} }, 1, false, Logged{},
			same, report.Failed},
		{"the profile alone", profile, 1, false, Logged{},
			"on web: nothing was activated" + set + "/new, but the boot loader may not know it" + back, report.Failed},
		{"the profile alone, until the reboot", profile, 100, false, Logged{},
			"on web: nothing was activated" + set + next + "/new" + back, report.Failed},
		{"all but the units", func(f *facts.Host) { profile(f); failed(f, "a.service", "b.service") }, 1, false, Logged{},
			"on web: /new is active, generation 5, but some units failed: a.service, b.service\nUNITS", report.Units},
		{"a test, all but the units", func(f *facts.Host) { failed(f, "a.service") }, 1, false, Logged{},
			"on web: /new is active, but some units failed: a.service\nUNITS", report.Units},
		{"five units", func(f *facts.Host) { failed(f, "a", "b", "c", "d", "e") }, 1, false, Logged{},
			"on web: /new is active, but some units failed: a, b, c, d, e\nUNITS", report.Units},
		{"many units", func(f *facts.Host) { failed(f, "a", "b", "c", "d", "e", "f", "g") }, 1, false, Logged{},
			"on web: /new is active, but some units failed: a, b, c, d, e and 2 more\nUNITS", report.Units},
		{"an activation that failed", func(f *facts.Host) { profile(f); f.System.Current = "/new" }, 1, false, Logged{},
			"on web: the activation failed after it had begun; /new runs now" + set + next + "it, too" + back + "\nJOURNAL",
			report.HalfDone},
		{"one that nobody saw to the end", func(f *facts.Host) { profile(f); f.System.Current = "/new" }, 255, true, Logged{},
			"on web: /new runs now, but its activation was not seen to succeed" + set + next + "it, too" + back + "\nJOURNAL",
			report.Unknown},
		{"a boot id that was not told", func(f *facts.Host) { f.System.BootID = "" }, 1, false, Logged{}, same, report.Failed},
		{"a reboot", func(f *facts.Host) { failed(f, "a.service"); f.System.BootID = "2" }, 255, true, Logged{},
			"on web: it was rebooted, or another machine answers in its place; it runs /new", report.Failed},
		{"one that told of its end", func(f *facts.Host) { profile(f); f.System.Current = "/new" }, 255, true, Logged{"/new", true, 0},
			"on web: the activation went through: /new runs, generation 5", report.Done},
		{"that of what ran already", func(*facts.Host) {}, 255, true, Logged{"/old", true, 0},
			"on web: the activation went through: /old runs", report.Done},
		{"one of something else", func(f *facts.Host) { profile(f); f.System.Current = "/new" }, 255, true, Logged{"/other", true, 0},
			"on web: /new runs now, but its activation was not seen to succeed" + set + next + "it, too" + back + "\nJOURNAL",
			report.Unknown},
		{"one that told of units", func(f *facts.Host) { failed(f, "a.service") }, 255, true, Logged{"/new", true, 4},
			"on web: /new is active, but some units failed: a.service\nUNITS", report.Units},
		{"one that failed, with units", func(f *facts.Host) { failed(f, "a.service") }, 255, true, Logged{"/new", true, 2},
			"on web: the activation of /new failed with status 2 after it had begun; /new runs now\nJOURNAL", report.HalfDone},
		{"one that was ended in its middle", profile, 255, true, Logged{System: "/new"},
			"on web: the activation of /new was ended before it was through; /old runs now" + set + "/new, but the boot loader may not know it" +
				back + "\nJOURNAL", report.HalfDone},
	} {
		after := before
		c.change(&after)
		text, result := tellerOf("switch").Aftermath(before, after, c.told, c.code, c.lost)
		if text != c.text || result != c.result {
			t.Errorf("%s: got %d %q\nwant %d %q", c.what, result, text, c.result, c.text)
		}
	}
}

func TestTellerOutcome(t *testing.T) {
	here := Teller{Where: "here", Action: "switch", Journal: "JOURNAL"}
	const back = "\nback to the generation before: BACK"
	for _, c := range []struct {
		what    string
		teller  Teller
		outcome Outcome
		text    string
		result  report.Result
	}{
		{"a switch", tellerOf("switch"), Outcome{Was: "/old", Profile: "/new", Generation: "5", Current: "/new"},
			"on web: /new runs, generation 5", report.Done},
		{"a test", tellerOf("test"), Outcome{Was: "/old", Current: "/new"}, "on web: /new runs", report.Done},
		{"a boot", tellerOf("boot"), Outcome{Was: "/old", Profile: "/new", Generation: "5", Current: "/old"},
			"on web: /new boots next, generation 5", report.Done},
		{"a switch that was inhibited", tellerOf("switch"), Outcome{Was: "/old", Profile: "/new", Generation: "5", Current: "/old", Inhibited: "dbus (a -> b)"},
			"on web: /new boots next, generation 5; it was not activated, for it inhibits that: dbus (a -> b) would change under the running system", report.Done},
		{"inhibited, and no boot loader", tellerOf("switch"), Outcome{Was: "/old", Profile: "/new", Generation: "5", Current: "/old", Inhibited: "dbus", Status: 1},
			"on web: nothing was activated, switch-to-configuration ended with status 1; the profile is set, generation 5: /new, but the boot loader may not know it",
			report.Failed},
		{"a look", tellerOf("dry-activate"), Outcome{Was: "/old", Current: "/old"},
			"on web: nothing was changed, this was only a look", report.Done},
		{"units", tellerOf("switch"), Outcome{Was: "/old", Profile: "/new", Generation: "5", Current: "/new", Status: 4},
			"on web: /new is active, generation 5, but some units failed\nUNITS", report.Units},
		{"units here", here, Outcome{Was: "/old", Current: "/new", Status: 4, Failed: "a.service"},
			"here: /new is active, but some units failed: a.service", report.Units},
		{"units, it says, and nothing runs", tellerOf("switch"), Outcome{Status: 4},
			"on web: the activation ended with status 4, but nothing that it names runs there, and not /new", report.HalfDone},
		{"another system runs", tellerOf("switch"), Outcome{Was: "/old", Profile: "/new", Current: "/other"},
			"on web: the activation ended with status 0, but /other runs there, and not /new", report.HalfDone},
		{"it could not be run", tellerOf("switch"), Outcome{Was: "/old", Current: "/old", Status: 126},
			"on web: nothing was activated, switch-to-configuration could not be run there (status 126)", report.Failed},
		{"it could be run, and something that it ran could not", tellerOf("switch"), Outcome{Was: "/old", Current: "/new", Status: 127},
			"on web: the activation failed with status 127 after it had begun; /new runs now", report.HalfDone},
		{"only a reboot helps", tellerOf("switch"),
			Outcome{Was: "/old", WasProfile: "/old", Profile: "/new", Generation: "5", Current: "/old", Status: 100},
			"on web: nothing was activated, this system's init takes effect only with a reboot" +
				"; the profile is set, generation 5: the next boot takes /new" + back, report.Failed},
		{"nothing began", tellerOf("switch"),
			Outcome{Was: "/old", WasProfile: "/old", Profile: "/new", Generation: "5", Current: "/old", Status: 1},
			"on web: nothing was activated, switch-to-configuration ended with status 1" +
				"; the profile is set, generation 5: /new, but the boot loader may not know it" + back, report.Failed},
		{"nothing began, and the profile was so before", tellerOf("switch"),
			Outcome{Was: "/old", WasProfile: "/new", Profile: "/new", Current: "/old", Status: 1},
			"on web: nothing was activated, switch-to-configuration ended with status 1" +
				"; the profile is set: /new, but the boot loader may not know it", report.Failed},
		{"it ended in the middle", tellerOf("switch"),
			Outcome{Was: "/old", WasProfile: "/old", Profile: "/new", Generation: "5", Current: "/new", Status: 1},
			"on web: the activation failed with status 1 after it had begun; /new runs now" +
				"; the profile is set, generation 5: the next boot takes it, too" + back, report.HalfDone},
		{"a test that ended in the middle", here, Outcome{Was: "/old", WasProfile: "/old", Current: "/new", Status: 2},
			"here: the activation failed with status 2 after it had begun; /new runs now", report.HalfDone},
	} {
		c.outcome.Toplevel, c.outcome.Started, c.outcome.ProfileNow = "/new", "/new", "/new"
		if text, result := c.teller.Outcome(c.outcome, "/new"); text != c.text || result != c.result {
			t.Errorf("%s: got %d %q\nwant %d %q", c.what, result, text, c.result, c.text)
		}
	}
}

// Who has failed because of an activation is told apart from who had failed before.
func TestBlamed(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"", "", ""},
		{"", "a b", "a, b"},
		{"a", "a b", "b; and as before: a"},
		{"a", "a", "a (as before)"},
		{"a", "b", "b"},
		{"", "a b c d e f g", "a, b, c, d, e and 2 more"},
	} {
		if got := Blamed(strings.Fields(c.before), strings.Fields(c.after)); got != c.want {
			t.Errorf("%q, then %q: %q, want %q", c.before, c.after, got, c.want)
		}
	}
}

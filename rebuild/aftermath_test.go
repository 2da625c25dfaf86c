package rebuild

import (
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

func TestAftermathText(t *testing.T) {
	d := &deployment{job: plan.Job{Target: machineFor("web")}, target: &source.Target{Selector: request.Selector{Word: "web"}}, request: parse(t, "switch web")}
	before := facts.Facts{System: facts.System{Current: "/old", Profile: "/old", Generation: 4, BootID: "1"}}
	const set = "; the profile is set, generation 5: the next boot takes /new\nback to the generation before: nixhop switch web --rollback"
	const both = "; the profile is set, generation 5: the next boot takes it, too\nback to the generation before: nixhop switch web --rollback"
	const journal = "\nssh web 'journalctl -u '\\''nixos-rebuild-switch-to-configuration*'\\'' -e'"
	for _, c := range []struct {
		what   string
		change func(*facts.Facts)
		code   int
		lost   bool
		text   string
		status int
	}{
		{"nothing", func(*facts.Facts) {}, 1, false, "on web: it runs and boots the same system as before", 1},
		{"a unit that had failed before", func(f *facts.Facts) { f.Failed = []string{"a.service"} }, 1, false, "on web: it runs and boots the same system as before", 1},
		{"the profile alone", func(f *facts.Facts) { f.System.Profile, f.System.Generation = "/new", 5 }, 1, false, "on web: nothing was activated; the profile is set, generation 5: /new, but the boot loader may not know it\nback to the generation before: nixhop switch web --rollback", 1},
		{"the profile alone, until the reboot", func(f *facts.Facts) { f.System.Profile, f.System.Generation = "/new", 5 }, 100, false, "on web: nothing was activated" + set, 1},
		{"all but the units", func(f *facts.Facts) {
			f.System.Current, f.System.Profile, f.System.Generation, f.Failed = "/new", "/new", 5, []string{"a.service", "b.service"}
		}, 1, false, "on web: /new is active, generation 5, but some units failed: a.service, b.service\nssh web 'systemctl --failed'", 4},
		{"a test, all but the units", func(f *facts.Facts) { f.System.Current, f.Failed = "/new", []string{"a.service"} }, 1, false,
			"on web: /new is active, but some units failed: a.service\nssh web 'systemctl --failed'", 4},
		{"many units", func(f *facts.Facts) {
			f.System.Current, f.Failed = "/new", []string{"a.service", "b.service", "c.service", "d.service", "e.service", "f.service"}
		}, 1, false, "on web: /new is active, but some units failed: a.service, b.service, c.service, d.service, e.service and 1 more\nssh web 'systemctl --failed'", 4},
		{"an activation that failed", func(f *facts.Facts) { f.System.Current, f.System.Profile, f.System.Generation = "/new", "/new", 5 }, 1, false,
			"on web: the activation failed after it had begun; /new runs now" + both + journal, 1},
		{"an activation that nobody saw to the end", func(f *facts.Facts) { f.System.Current, f.System.Profile, f.System.Generation = "/new", "/new", 5 }, 255, true,
			"on web: /new runs now, but its activation was not seen to succeed" + both + journal, 1},
		{"a boot id that was not told", func(f *facts.Facts) { f.System.BootID = "" }, 1, false, "on web: it runs and boots the same system as before", 1},
		{"a reboot", func(f *facts.Facts) { f.System.Current, f.System.BootID, f.Failed = "/new", "2", []string{"a.service"} }, 255, true,
			"on web: it was rebooted meanwhile, and runs /new", 1},
	} {
		after := before
		c.change(&after)
		if text, status := d.aftermathText(before, after, c.code, c.lost); text != c.text || status != c.status {
			t.Errorf("%s: got %d %q\nwant %d %q", c.what, status, text, c.status, c.text)
		}
	}
}

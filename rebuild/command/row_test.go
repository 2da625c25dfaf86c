package command

import (
	"testing"

	"nixhop/rebuild/facts"
)

func TestStatusText(t *testing.T) {
	nixos := facts.Host{System: facts.System{Current: "/s/a", Profile: "/s/b", Booted: "/s/a", Generation: 4, Version: "24.11", Stale: []string{"kernel"}}}
	at := func(change func(*facts.Host)) facts.Host {
		h := nixos
		change(&h)
		return h
	}
	const head = "web\n  runs         /s/a 24.11\n  profile      /s/b (generation 4)\n  booted       the same\n  reboot       only a boot brings the new kernel\n"
	for _, c := range []struct {
		name string
		on   facts.Host
		want string
	}{
		{"nothing is known", facts.Host{}, "web\n  runs         no NixOS, as far as it tells\n"},
		{"as it is", nixos, head},
		{"under way", at(func(h *facts.Host) { h.AtWork = true }), head + "  deployment   one is under way\n"},
		{"well", at(func(h *facts.Host) { h.Last = facts.LastRun{Action: "test", Well: true, Started: "/s/a"} }),
			head + "  deployment   the last test by nixhop went well\n"},
		{"not proved", at(func(h *facts.Host) { h.Last = facts.LastRun{Action: "switch", Started: "/s/a", Guard: "armed"} }),
			head + "  deployment   the last switch by nixhop, of /s/a, is not proved: unless it is, its guard brings the system before back\n"},
		{"taken back", at(func(h *facts.Host) { h.Last = facts.LastRun{Action: "switch", Started: "/s/b", Guard: "restored"} }),
			head + "  deployment   the last switch by nixhop, of /s/b, was taken back by its guard\n"},
		{"no boot loader", at(func(h *facts.Host) { h.Last = facts.LastRun{Action: "switch", Started: "/s/a", Guard: "committed"} }),
			head + "  deployment   the last switch by nixhop, of /s/a, did not end well\n"},
		{"not well", at(func(h *facts.Host) {
			h.Last = facts.LastRun{Action: "switch", Started: "/s/a"}
			h.Failed = []string{"a.service", "b.service"}
		}), head + "  deployment   the last switch by nixhop, of /s/a, did not end well\n  failed units a.service b.service\n"},
	} {
		if got, err := StatusOf("web", c.on).Text(false); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s", c.name, err, got)
		}
	}
	want := `{"host":"web","deploying":false,"failed":[]}` + "\n"
	if got, err := StatusOf("web", facts.Host{}).Text(true); err != nil || got != want {
		t.Errorf("%v, %s", err, got)
	}
}

package command

import (
	"errors"
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
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
	timed := at(func(h *facts.Host) { h.System.Activated, h.System.BootedAt = 1700000000, 1600000000 })
	activated, booted := time.Unix(1700000000, 0).Format(" (activated 2006-01-02 15:04:05)"), time.Unix(1600000000, 0).Format(" (at 2006-01-02 15:04:05)")
	if got, _ := StatusOf("web", timed).Text(false); !strings.Contains(got, "24.11"+activated+"\n") || !strings.Contains(got, "the same"+booted+"\n") {
		t.Error(got)
	}
	if got, _ := StatusOf("web", timed).Text(true); !strings.Contains(got, `"activated":"2023-11-14T22:13:20Z"`) || !strings.Contains(got, `"booted_at":"2020-09-13T12:26:40Z"`) {
		t.Error(got)
	}
	want := `{"host":"web","deploying":false,"failed":[]}` + "\n"
	if got, err := StatusOf("web", facts.Host{}).Text(true); err != nil || got != want {
		t.Errorf("%v, %s", err, got)
	}
}

// A host that was not reached has a row that says why, and nothing of what it is like.
func TestUnreached(t *testing.T) {
	for _, c := range []struct {
		err        error
		text, json string
	}{
		{report.Refuse([]report.Finding{{What: "port 22 refuses the connection"}}), "port 22 refuses the connection", "port 22 refuses the connection"},
		{errors.New("no whole answer\nmore of that\x1b[31m"), "no whole answer", "no whole answer"},
	} {
		row := Unreached("web", c.err)
		if got, _ := row.Text(false); got != "web\n  unknown      "+c.text+"\n" {
			t.Errorf("%q", got)
		}
		if got, err := row.Text(true); err != nil || got != `{"host":"web","error":"`+c.json+`"}`+"\n" {
			t.Errorf("%q, %v", got, err)
		}
	}
}

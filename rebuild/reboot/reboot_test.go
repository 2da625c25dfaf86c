package reboot

import (
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// What a host tells of its reboot counts as far as it has told it.
func TestToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		out  string
		want told
		idle bool
	}{
		"it boots":            {"next=/new\ndue=kernel, initrd\nasked=yes\n", told{next: "/new", due: "kernel, initrd", asked: true}, false},
		"there is no need":    {"next=/new\ndue=\n", told{next: "/new"}, true},
		"there is one":        {"next=/new\ndue=kernel\nrefused=no reboot here\n", told{next: "/new", due: "kernel", refused: "no reboot here"}, false},
		"nothing":             {"", told{}, true},
		"once":                {"next=/new\ndue=kernel\nonce=systemd-boot\nwas=/old\nasked=yes\n", told{next: "/new", due: "kernel", once: "systemd-boot", was: "/old", asked: true}, false},
		"kept":                {"kept=/new\n", told{kept: "/new"}, true},
		"something of others": {"asked=no\nwhy\x1b]0;=x\n", told{}, true},
	} {
		got := toldOf(c.out)
		if got != c.want || got.idle(request.RebootIfNeeded) != c.idle || got.idle(request.RebootAlways) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A host that is back has done well only where the new system is what it has booted and what it runs.
func TestJudge(t *testing.T) {
	w := words{teller: explain.Teller{Where: "on web"}, host: sshcfg.Host{Name: "web"}, call: report.Call{Word: "web", Host: "web"}, patience: time.Minute}
	for name, c := range map[string]struct {
		once   string
		system facts.System
		result report.Result
		says   string
	}{
		"the new one":           {"", facts.System{Current: "/new", Booted: "/new", Profile: "/new"}, report.Done, "it is back after 41s, and has booted /new"},
		"the old one":           {"", facts.System{Current: "/old", Booted: "/old"}, report.HalfDone, "its boot loader took /old, and not /new"},
		"switched meanwhile":    {"", facts.System{Current: "/other", Booted: "/new"}, report.HalfDone, "/other runs there"},
		"one that it hides":     {"", facts.System{}, report.HalfDone, "took a system that it does not name"},
		"the new one, once":     {"grub", facts.System{Current: "/new", Booted: "/new", Profile: "/old"}, report.Done, "has booted /new"},
		"another profile":       {"", facts.System{Current: "/new", Booted: "/new", Profile: "/other"}, report.HalfDone, "its profile is /other now"},
		"back in the old one":   {"grub", facts.System{Current: "/old", Booted: "/old"}, report.RolledBack, "is back after 41s in /old, which it ran before and boots next"},
		"in a third one":        {"grub", facts.System{Current: "/third", Booted: "/third"}, report.HalfDone, "took /third"},
		"it runs, as one of it": {"", facts.System{Current: "/new", Booted: "/old"}, report.HalfDone, "took /old"},
	} {
		text, result := w.judge(told{next: "/new", was: "/old", once: c.once}, c.system, 41200*time.Millisecond)
		if result != c.result || !strings.Contains(text, c.says) {
			t.Errorf("%s: %v, %q", name, result, text)
		}
	}
}

// Units that had failed before are told apart from those that have since.
func TestFailing(t *testing.T) {
	before := facts.Host{Failed: []string{"old.service"}}
	if text := failing("on web", before, facts.Host{}); text != "" {
		t.Error(text)
	}
	if text := failing("on web", before, facts.Host{Failed: []string{"old.service", "new.service"}}); text != "on web: units have failed: new.service; and as before: old.service" {
		t.Error(text)
	}
}

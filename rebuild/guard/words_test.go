package guard

import (
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
)

// What a guard has told becomes words and an exit status that say no more than that.
func TestTell(t *testing.T) {
	teller := explain.Teller{Where: "on web", Journal: "ssh web journalctl", Status: "nixhop status web"}
	for name, c := range map[string]struct {
		outcome explain.Outcome
		why     string
		result  report.Result
		says    []string // none: nothing is said
	}{
		"committed":            {explain.Outcome{Guard: Committed}, "", report.Done, nil},
		"kept":                 {explain.Outcome{Guard: Kept, Status: 1}, "", report.Done, nil},
		"no boot loader":       {explain.Outcome{Guard: Committed, Committed: 1, Current: "/new"}, "", report.HalfDone, []string{"/new runs", "not installed (status 1)"}},
		"no profile":           {explain.Outcome{Guard: Uncommitted, Current: "/new", ProfileNow: "/old", Why: "no room"}, "", report.HalfDone, []string{"/new runs", "no room", "takes /old"}},
		"restored":             {explain.Outcome{Guard: Restored, Current: "/old", ProfileNow: "/old"}, "refused", report.RolledBack, []string{"refused", "brought /old back, which runs, and boots next"}},
		"restored, units":      {explain.Outcome{Guard: Restored, Restored: 4, Current: "/old", ProfileNow: "/older"}, "", report.RolledBack, []string{"some of its units failed", "takes /older"}},
		"unneeded":             {explain.Outcome{Guard: Unneeded}, "", report.Failed, []string{"nothing was activated"}},
		"another came between": {explain.Outcome{Guard: Left, Current: "/c", ProfileNow: "/c", Why: "another"}, "", report.HalfDone, []string{"left the host alone", "/c runs"}},
		"rebooted":             {explain.Outcome{Guard: Gone, Current: "/old"}, "", report.RolledBack, []string{"rebooted", "back in /old"}},
		"rebooted elsewhere":   {explain.Outcome{Guard: Gone, Current: "/c"}, "", report.Unknown, []string{"runs /c"}},
		"not restored":         {explain.Outcome{Guard: Failed, Was: "/old", Current: "/new", Restored: 1}, "", report.HalfDone, []string{"could not bring /old back", "/new runs"}},
		"not reached":          {explain.Outcome{}, "refused", report.Unknown, []string{"not reached any more", "refused", "was not committed", "nixhop status web"}},
		"not told the end":     {explain.Outcome{Guard: "restoring"}, "", report.Unknown, []string{"not reached any more"}},
	} {
		text, result := Proof{Outcome: c.outcome, Before: "/old", Why: c.why}.Tell(teller)
		if result != c.result || (text == "") != (len(c.says) == 0) {
			t.Errorf("%s: %v, %q", name, result, text)
		}
		for _, word := range c.says {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %q does not say %q", name, text, word)
			}
		}
	}
}

// Beside a nixos-rebuild the new system boots before it is proved; what became of one that nobody took back is asked of
// the host.
func TestTellWhole(t *testing.T) {
	teller := explain.Teller{Where: "on web", Status: "nixhop status web"}
	for name, c := range map[string]struct {
		outcome explain.Outcome
		result  report.Result
		says    string // empty: nothing is said
	}{
		"kept":        {explain.Outcome{Guard: Kept, Status: -1}, report.Done, ""},
		"left":        {explain.Outcome{Guard: Left, Why: "another"}, report.Done, ""},
		"rebooted":    {explain.Outcome{Guard: Gone, Current: "/new"}, report.Done, ""},
		"restored":    {explain.Outcome{Guard: Restored, Current: "/old", ProfileNow: "/old", Why: "no boot loader"}, report.RolledBack, "boots next; no boot loader"},
		"not reached": {explain.Outcome{}, report.Unknown, "until then the next boot takes the new system"},
	} {
		text, result := Proof{Outcome: c.outcome, Before: "/old", Whole: true}.Tell(teller)
		if result != c.result || (text == "") != (c.says == "") || !strings.Contains(text, c.says) {
			t.Errorf("%s: %v, %q", name, result, text)
		}
	}
}

// A guard is there where somebody can be lost and a root's shell is to be had, and what is in its way is said where it
// was asked for.
func TestFor(t *testing.T) {
	there, asked := &decision.Machine{}, Wish{Asked: true}
	for name, c := range map[string]struct {
		wish    Wish
		target  *decision.Machine
		d       decision.Decision
		guarded bool
		says    string
	}{
		"a host":          {Wish{}, there, decision.Decision{}, true, ""},
		"this machine":    {asked, nil, decision.Decision{}, false, ""},
		"nobody wants it": {Wish{Off: true}, there, decision.Decision{}, false, ""},
		"nixos-rebuild":   {Wish{}, there, decision.Decision{Engine: &decision.Dialect{}}, true, ""},
		"another profile": {
			Wish{}, there,
			decision.Decision{Engine: &decision.Dialect{}, Request: request.Request{Flags: []request.Flag{{Name: "--profile-name", Values: []string{"x"}}}}}, false, "profile",
		},
		"bounded sudo": {Wish{}, there, decision.Decision{Commands: &decision.Commands{}}, false, "sudo"},
	} {
		g, why := c.wish.For(c.target, nil, c.d, rollout.Health{})
		if (g != nil) != c.guarded || !strings.Contains(why, c.says) || why != "" && c.says == "" {
			t.Errorf("%s: %v, %q", name, g, why)
		}
	}
	g, _ := Wish{Guard: plan.Guard{Wait: time.Second}}.For(there, nil, decision.Decision{}, rollout.Health{Here: "true", Timeout: time.Minute})
	if g.Wait != time.Minute+time.Second {
		t.Errorf("a guard waits %s for a host that may take a minute to be well", g.Wait)
	}
}

// The flag counts before the variable.
func TestOf(t *testing.T) {
	for line, want := range map[string]Wish{
		"switch web":                          {Once: true, Guard: plan.Guard{Wait: defaultWait, Limit: defaultLimit}},
		"NIXHOP_GUARD=5 switch web":           {Once: true, timed: true, Guard: plan.Guard{Wait: 5 * time.Second, Limit: defaultLimit}},
		"NIXHOP_GUARD=0 switch web":           {Off: true, timed: true, Guard: plan.Guard{Wait: defaultWait, Limit: defaultLimit}},
		"NIXHOP_GUARD=0 switch web --guard=7": {Asked: true, Once: true, timed: true, Guard: plan.Guard{Wait: 7 * time.Second, Limit: defaultLimit}},
		"boot web":                            {Off: true, Once: true},
		"NIXHOP_GUARD=0 boot web":             {Off: true},
		"boot web --no-guard":                 {Off: true},
	} {
		words, set := strings.Fields(line), ""
		if value, found := strings.CutPrefix(words[0], "NIXHOP_GUARD="); found {
			set, words = value, words[1:]
		}
		r, err := request.Parse(words, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Of(r, func(string) string { return set }); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", line, got, err, want)
		}
	}
}

// What a node says of guards counts where neither the command line nor the variable does.
func TestOfNode(t *testing.T) {
	off := inventory.Node{Guard: inventory.Guard{Off: true}}
	slow := inventory.Node{Guard: inventory.Guard{Wait: time.Minute, Limit: time.Hour}}
	for _, c := range []struct {
		line        string
		node        *inventory.Node
		off         bool
		wait, limit time.Duration
	}{
		{"switch web", nil, false, defaultWait, defaultLimit},
		{"switch web", &off, true, defaultWait, defaultLimit},
		{"switch web --guard", &off, false, defaultWait, defaultLimit},
		{"switch web --guard-reboot", &off, false, defaultWait, defaultLimit},
		{"switch web", &slow, false, time.Minute, time.Hour},
		{"switch web --guard", &slow, false, time.Minute, time.Hour},
		{"switch web --guard=7 --activation-timeout 9", &slow, false, 7 * time.Second, 9 * time.Second},
		{"switch web --no-guard", &slow, true, time.Minute, time.Hour},
	} {
		r, err := request.Parse(strings.Fields(c.line), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		wish, err := Of(r, func(string) string { return "" })
		got := wish.Of(c.node)
		if err != nil || got.Off != c.off || got.Guard.Wait != c.wait || got.Guard.Limit != c.limit {
			t.Errorf("%s: %+v, %v", c.line, got, err)
		}
	}
}

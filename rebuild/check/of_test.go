package check

import (
	"strings"
	"testing"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// What the checks ask for depends on who does the work, and on who can be asked for a password.
func TestOf(t *testing.T) {
	dialect, commands := &decision.Dialect{}, &decision.Commands{}
	type root struct{ needed, asked, byCommands, rules bool }
	for _, c := range []struct {
		name, line         string
		checking, somebody bool
		d                  decision.Decision
		want               root
	}{
		{"by nixhop", "switch web", false, true, decision.Decision{}, root{needed: true}},
		{"with a password before the build", "switch web", false, true, decision.Decision{Password: true}, root{}},
		{"nothing changes", "build web", false, true, decision.Decision{}, root{}},
		{"a password for a nixos-rebuild", "switch web --ask-elevate-password", false, true, decision.Decision{Engine: dialect}, root{needed: true, asked: true}},
		{"and nobody to ask", "switch web --ask-elevate-password", false, false, decision.Decision{Engine: dialect}, root{needed: true}},
		{"a check", "switch web", true, true, decision.Decision{}, root{needed: true, asked: true}},
		{"a check for nixos-rebuild", "switch web --engine nixos-rebuild", true, true, decision.Decision{Engine: dialect}, root{needed: true}},
		{"some commands", "switch web", false, true, decision.Decision{Commands: commands}, root{needed: true, byCommands: true}},
		{"some commands, by a nixos-rebuild", "switch web", false, true, decision.Decision{Commands: commands, Engine: dialect}, root{needed: true, rules: true}},
	} {
		r, err := request.Parse(strings.Fields(c.line), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		k := decision.Known{Request: r, Somebody: c.somebody, Checking: c.checking}
		got := Of(k, c.d, facts.Here{}, nil)
		if r := got.Root; (root{r.Needed, r.Asked, r.ByCommands, r.Rules}) != c.want {
			t.Errorf("%s: %+v", c.name, r)
		}
		if got.Machine != "" || got.Builder != "" || got.Alias != "" || got.Checking != c.checking {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	web, big := decision.Machine{Host: sshcfg.Host{Name: "web"}}, decision.Machine{Host: sshcfg.Host{Name: "big"}}
	k := decision.Known{
		Target: &source.Target{Host: sshcfg.Host{Name: "web"}}, Machine: &web, Builder: &big, Source: source.Source{Flake: "."},
	}
	got := Of(k, decision.Decision{}, facts.Here{}, func(sshcfg.Endpoint) string { return "ssh-ed25519 A" })
	if got.Alias != "web" || got.Machine != "web" || got.Builder != "big" || got.PublicKey != "ssh-ed25519 A" || !got.Flake {
		t.Errorf("two machines: %+v", got)
	}
}

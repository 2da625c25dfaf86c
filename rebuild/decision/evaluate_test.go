package decision

import (
	"testing"

	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Who evaluates to the derivation depends on who does the work, and on what the user wants of it.
func TestDerives(t *testing.T) {
	for _, c := range []struct {
		line              string
		checking          bool
		native, installed bool // nixhop takes the steps, or a nixos-rebuild does
	}{
		{"switch web", false, true, false},
		{"switch web --plan", false, false, false},
		{"switch web --rollback", false, false, false},
		{"switch web", true, true, true},
		{"check web --quick", true, false, false},
		{"switch web --store-path /nix/store/x", true, false, false},
	} {
		k := Known{Request: parse(t, c.line), Checking: c.checking}
		native := k.Derives(Decision{Request: k.Request})
		installed := k.Derives(Decision{Request: k.Request, Engine: &Dialect{}})
		if native != c.native || installed != c.installed {
			t.Errorf("%s, checking %v: %v by nixhop, %v by a nixos-rebuild", c.line, c.checking, native, installed)
		}
	}
}

// An evaluation is begun ahead where it is known of what, and where somebody will want it.
func TestAhead(t *testing.T) {
	web, dialect := machineFor("web"), &Dialect{}
	listed := &source.Target{Host: sshcfg.Host{Name: "web"}, Listed: true}
	typed := &source.Target{Host: sshcfg.Host{Name: "10.0.0.1"}}
	hinted := &source.Target{Host: sshcfg.Host{Name: "10.0.0.1"}, Hints: sshcfg.Hints{Configuration: "db"}}
	flake := source.Source{Flake: "."}
	for _, c := range []struct {
		name     string
		line     string
		target   *source.Target
		source   source.Source
		machine  *Machine
		sketch   Decision
		checking bool
		want     string // the configuration; empty: nothing is begun
	}{
		{"of the alias", "switch web", listed, flake, web, Decision{}, false, "web"},
		{"of the hint", "switch 10.0.0.1", hinted, flake, web, Decision{}, false, "db"},
		{"looked at in a check", "switch web", listed, flake, web, Decision{}, true, "web"},
		{"for another platform", "switch web", listed, flake, web, Decision{System: "aarch64-linux"}, false, "web"},
		{"only the host can tell", "switch 10.0.0.1", typed, flake, web, Decision{}, false, ""},
		{"this machine", "switch", nil, flake, nil, Decision{}, false, ""},
		{"no flake", "switch web", listed, source.Source{}, web, Decision{}, false, ""},
		{"nothing is evaluated", "switch web --rollback", listed, flake, web, Decision{}, false, ""},
		{"no machine takes part", "build web", listed, flake, nil, Decision{}, false, ""},
		{"a cross build", "switch web", listed, flake, web, Decision{Crossing: Crossing{Ask: true}}, false, ""},
		{"unchecked, by nixhop", "switch web --no-check", listed, flake, web, Decision{}, false, "web"},
		{"unchecked, by a nixos-rebuild", "switch web --no-check", listed, flake, web, Decision{Engine: dialect}, false, ""},
	} {
		k := Known{Request: parse(t, c.line), Target: c.target, Source: c.source, Machine: c.machine, Checking: c.checking}
		c.sketch.Request = k.Request
		wanted, worth := k.Ahead(c.sketch)
		if worth != (c.want != "") || worth && (wanted.Configuration != c.want || wanted.Look != c.checking || wanted.System != c.sketch.System) {
			t.Errorf("%s: %+v, %v", c.name, wanted, worth)
		}
	}
}

package decision

import (
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

func TestStanding(t *testing.T) {
	const system, other = "/nix/store/a", "/nix/store/b"
	host := func(current, profile string, more ...func(*facts.Host)) *facts.Host {
		h := &facts.Host{Failing: facts.No}
		h.System.NixOS, h.System.Current, h.System.Profile = facts.Yes, current, profile
		for _, m := range more {
			m(h)
		}
		return h
	}
	last := func(action string, well bool, started string) func(*facts.Host) {
		return func(h *facts.Host) { h.Last = facts.LastRun{Action: action, Well: well, Started: started} }
	}
	booted := func(h *facts.Host) { h.System.Booted = system }
	failing := func(answer facts.Answer) func(*facts.Host) { return func(h *facts.Host) { h.Failing = answer } }
	switched := last("switch", true, system)
	for _, test := range []struct {
		name  string
		words []string
		on    *facts.Host
		many  string // the system that nothing is gained from, of many hosts
		one   string // and of one
	}{
		{"runs and boots it", []string{"switch"}, host(system, system), system, ""},
		{"nixhop has switched to it", []string{"switch"}, host(system, system, switched), system, system},
		{"it has booted it", []string{"switch"}, host(system, system, booted), system, system},
		{"a unit has failed since", []string{"switch"}, host(system, system, switched, failing(facts.Yes)), system, ""},
		{"units were not asked for", []string{"switch"}, host(system, system, switched, failing(facts.Unsaid)), system, ""},
		{"that has failed", []string{"switch"}, host(system, system, last("switch", false, system), booted), "", ""},
		{"another one has failed", []string{"switch"}, host(system, system, last("switch", false, other), booted), system, system},
		{"nixhop has tested it", []string{"switch"}, host(system, system, last("test", true, system)), system, ""},
		{"runs it, boots another", []string{"switch"}, host(system, other, switched), "", ""},
		{"boots it, runs another", []string{"switch"}, host(other, system, switched), "", ""},
		{"boot asks for what boots", []string{"boot"}, host(other, system, last("boot", true, system)), system, system},
		{"boot, after a switch", []string{"boot"}, host(system, system, switched), system, system},
		{"boot, and nobody has seen its boot loader", []string{"boot"}, host(other, system), "", ""},
		{"boot, and its boot loader has failed", []string{"boot"}, host(other, system, last("boot", false, system)), "", ""},
		{"boot, and it runs it only", []string{"boot"}, host(system, other, last("test", true, system)), "", ""},
		{"test asks for what runs", []string{"test"}, host(system, other, last("test", true, system)), system, system},
		{"test, after a switch", []string{"test"}, host(system, other, switched), system, system},
		{"test, after a boot", []string{"test"}, host(system, system, last("boot", true, system)), system, ""},
		{"a look is what is wanted", []string{"dry-activate"}, host(system, system, switched), "", ""},
		{"another profile", []string{"switch", "-p", "x"}, host(system, system, switched), "", ""},
		{"a specialisation", []string{"switch", "-c", "x"}, host(system, system, switched), "", ""},
		{"the boot loader", []string{"switch", "--install-bootloader"}, host(system, system, switched), "", ""},
		{"a repair", []string{"switch", "--repair"}, host(system, system, switched), "", ""},
		{"all the same", []string{"switch", "--force"}, host(system, system, switched), "", ""},
		{"an activation is at work", []string{"switch"}, host(system, system, switched, func(h *facts.Host) { h.AtWork = true }), "", ""},
		{"as a unit", []string{"switch"}, host(system, system, switched, func(h *facts.Host) {
			h.Switches = []facts.Unit{{Name: "x.service", Active: "activating", Sub: "start"}}
		}), "", ""},
		{"nobody was asked", []string{"switch"}, nil, "", ""},
		{"it has told of none", []string{"switch"}, host("", ""), "", ""},
		{"no NixOS", []string{"switch"}, host(system, system, switched, func(h *facts.Host) { h.System.NixOS = facts.No }), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := request.Parse(test.words, func(string) bool { return false })
			if err != nil {
				t.Fatal(err)
			}
			if got := Standing(r, test.on, true); got != test.many {
				t.Errorf("of many: %q", got)
			}
			if got := Standing(r, test.on, false); got != test.one {
				t.Errorf("of one: %q", got)
			}
		})
	}
}

func TestSpares(t *testing.T) {
	for words, want := range map[string]string{
		"switch": "runs and boots", "boot": "boots", "test": "runs", "dry-activate": "", "build": "",
		"switch --force": "", "boot --rollback": "", "test -c x": "",
	} {
		r, err := request.Parse(strings.Fields(words), func(string) bool { return false })
		if err != nil {
			t.Fatal(err)
		}
		if got := Spares(r); got != want {
			t.Errorf("%s: %q", words, got)
		}
	}
}

func TestHas(t *testing.T) {
	host := &facts.Host{}
	host.System.Current, host.System.Profile, host.System.Booted = "/nix/store/a", "/nix/store/b", "/nix/store/c"
	for system, want := range map[string]bool{"/nix/store/a": true, "/nix/store/b": true, "/nix/store/c": true, "/nix/store/d": false, "": false} {
		if got := Has(host, system); got != want {
			t.Errorf("%q: %v", system, got)
		}
	}
	if Has(nil, "/nix/store/a") {
		t.Error("nobody was asked")
	}
}

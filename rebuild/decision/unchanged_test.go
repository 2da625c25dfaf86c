package decision

import (
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

func TestUnchanged(t *testing.T) {
	const system, other = "/nix/store/a", "/nix/store/b"
	host := func(current, profile string) *facts.Host {
		h := &facts.Host{}
		h.System.NixOS, h.System.Current, h.System.Profile = facts.Yes, current, profile
		return h
	}
	debian := host(system, system)
	debian.System.NixOS = facts.No
	for _, test := range []struct {
		name  string
		words []string
		on    *facts.Host
		want  bool
	}{
		{"runs and boots it", []string{"switch"}, host(system, system), true},
		{"runs it, boots another", []string{"switch"}, host(system, other), false},
		{"boots it, runs another", []string{"switch"}, host(other, system), false},
		{"boot asks for what boots", []string{"boot"}, host(other, system), true},
		{"boot, and it runs it only", []string{"boot"}, host(system, other), false},
		{"test asks for what runs", []string{"test"}, host(system, other), true},
		{"a look is what is wanted", []string{"dry-activate"}, host(system, system), false},
		{"another profile", []string{"switch", "-p", "x"}, host(system, system), false},
		{"a specialisation", []string{"switch", "-c", "x"}, host(system, system), false},
		{"the boot loader", []string{"switch", "--install-bootloader"}, host(system, system), false},
		{"nobody was asked", []string{"switch"}, nil, false},
		{"no NixOS", []string{"switch"}, debian, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := request.Parse(test.words, func(string) bool { return false })
			if err != nil {
				t.Fatal(err)
			}
			if got := Unchanged(r, test.on, system); got != test.want {
				t.Errorf("got %v", got)
			}
		})
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

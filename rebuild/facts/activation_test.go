package facts

import "testing"

func TestProfilePath(t *testing.T) {
	for name, want := range map[string]string{
		"": "/nix/var/nix/profiles/system", "system": "/nix/var/nix/profiles/system", "x": "/nix/var/nix/profiles/system-profiles/x",
	} {
		if got := ProfilePath(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

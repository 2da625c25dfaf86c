package facts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindManner(t *testing.T) {
	x86 := Nix{System: "x86_64-linux", ExtraPlatforms: []string{"i686-linux"}}
	with := func(change func(*Nix)) Nix { n := x86; change(&n); return n }
	for _, c := range []struct {
		nix    Nix
		system string
		want   Manner
	}{
		{x86, "x86_64-linux", Natively},
		{x86, "i686-linux", Natively},
		{x86, "aarch64-linux", ""},
		{x86, "", ""},
		{Nix{}, "x86_64-linux", ""},
		{with(func(n *Nix) { n.ExtraPlatforms = []string{"aarch64-linux"} }), "aarch64-linux", Emulated},
		{with(func(n *Nix) { n.Emulators = []string{"qemu-aarch64"} }), "aarch64-linux", Emulated},
		{with(func(n *Nix) { n.Emulators = []string{"riscv64-linux"} }), "riscv64-linux", Emulated},
		{with(func(n *Nix) {
			n.BuilderSystems, n.Emulators = []string{"aarch64-linux"}, []string{"qemu-aarch64"}
		}), "aarch64-linux", ByRemoteBuilder},
		{Nix{System: "aarch64-linux", ExtraPlatforms: []string{"armv7l-linux"}}, "armv7l-linux", Natively},
		{Nix{System: "aarch64-darwin", ExtraPlatforms: []string{"x86_64-darwin"}}, "x86_64-darwin", Emulated},
	} {
		if got := FindManner(c.nix, c.system); got != c.want {
			t.Errorf("%s on %+v: %q, want %q", c.system, c.nix, got, c.want)
		}
	}
}

func TestEmulatedSystems(t *testing.T) {
	got := strings.Join(EmulatedSystems([]string{"qemu-aarch64", "qemu-arm", "qemu-i386", "qemu-ppc64le", "riscv64-linux", "python3.11", "WSLInterop"}), " ")
	if got != "aarch64-linux armv7l-linux i686-linux powerpc64le-linux riscv64-linux" {
		t.Error(got)
	}
}

func TestEmulatorsHere(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"register", "status", "qemu-arm", "aarch64-linux"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(Emulators(dir), " "); got != "aarch64-linux qemu-arm" {
		t.Error(got)
	}
	if got := Emulators(filepath.Join(dir, "none")); got != nil {
		t.Errorf("of a kernel without: %q", got)
	}
}

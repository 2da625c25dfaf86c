package check

import (
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// The ways stand in their order, and only those that are there: a build on the target, a remote builder, emulation, a
// cross build.
func TestWays(t *testing.T) {
	const (
		target  = "nixhop switch web --build-host target"
		builder = "nixhop switch web --build-host local   # a remote builder that this machine has is for it"
		emulate = "nixhop switch web --emulate"
		cross   = "nixhop switch web --cross"
	)
	base := Need{System: "aarch64-linux", Built: "aarch64-linux", Nix: facts.Nix{System: "x86_64-linux"}, OS: "linux", Host: "big"}
	call := report.Call{Action: "switch", Word: "web", Host: "web"}
	for _, c := range []struct {
		name   string
		change func(*Need)
		want   []string
	}{
		{"all of them", func(n *Need) {
			n.Target, n.Elsewhere, n.Nix.Emulators = facts.System{Kernel: "Linux", Machine: "aarch64"}, []string{"aarch64-linux"}, []string{"qemu-aarch64"}
		}, []string{target, builder, emulate, cross}},
		{"NixOS", func(n *Need) {
			n.NixOS = true
		}, []string{target, `boot.binfmt.emulatedSystems = [ "aarch64-linux" ];   # on big`, cross}},
		{"no NixOS", func(*Need) {}, []string{target, emulate + "   # with qemu-user-static installed on big", cross}},
		{"here", func(n *Need) {
			n.Host = ""
		}, []string{target, emulate + "   # with qemu-user-static installed on this machine", cross}},
		{"the target cannot", func(n *Need) {
			n.Target, n.Nix.Emulators = facts.System{Kernel: "Linux", Machine: "x86_64"}, []string{"aarch64-linux"}
		}, []string{emulate, cross}},
		{"on the target already", func(n *Need) {
			n.OnTarget, n.Nix.Emulators = true, []string{"aarch64-linux"}
		}, []string{emulate, cross}},
		{"the configuration refuses", func(n *Need) {
			n.NoCross, n.Nix.Emulators = true, []string{"aarch64-linux"}
		}, []string{target, emulate}},
		{"no jobs", func(n *Need) {
			n.Nix.System = n.System
		}, []string{target, `nix.settings.max-jobs = "auto";   # on big`}},
		{"from the wrong system", func(n *Need) {
			n.System, n.Built = "x86_64-linux", "riscv64-linux"
		}, []string{target, "nixhop switch web --cross=none"}},
		{"no Linux", func(n *Need) { n.System, n.Built = "aarch64-darwin", "aarch64-darwin" }, []string{target}},
	} {
		n := base
		c.change(&n)
		got, want := strings.Join(call.Lines(n.Ways()), "\n"), strings.Join(c.want, "\n# or\n")
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

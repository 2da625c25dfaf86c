package plan

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

func TestFindCrossing(t *testing.T) {
	hinted := &source.Target{Host: sshcfg.Host{Name: "web"}, Hints: sshcfg.Hints{Cross: "x86_64-linux"}}
	plain := &source.Target{Host: sshcfg.Host{Name: "web"}}
	for _, c := range []struct {
		line   string
		target *source.Target
		want   Crossing
	}{
		{"switch web", plain, Crossing{}},
		{"switch web --cross", plain, Crossing{Ask: true}},
		{"switch web --cross=riscv64-linux", plain, Crossing{From: "riscv64-linux"}},
		{"switch web", hinted, Crossing{From: "x86_64-linux"}},
		{"boot web --build-host big", hinted, Crossing{From: "x86_64-linux"}},
		{"switch web --cross", hinted, Crossing{Ask: true}},
		{"switch web --cross=none", hinted, Crossing{}},
		{"switch web --cross=i686-linux --cross=none", plain, Crossing{}},
		{"switch web --emulate", hinted, Crossing{}},
		{"switch web --cross=none --emulate", hinted, Crossing{}},
		{"switch web --build-host target", hinted, Crossing{}},
		{"switch web --rollback", hinted, Crossing{}},
		{"test web --store-path /nix/store/x", hinted, Crossing{}},
		{"build-vm web", hinted, Crossing{}},
		{"switch --cross", nil, Crossing{Ask: true}},
	} {
		got, err := findCrossing(parse(t, c.line), c.target)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.line, got, err, c.want)
		}
		if got.Wanted() != (c.want != Crossing{}) {
			t.Errorf("%s: Wanted() = %v", c.line, got.Wanted())
		}
	}
	hinted.Hints.Cross = "yes"
	var usage *request.UsageError
	if _, err := findCrossing(parse(t, "switch web"), hinted); !errors.As(err, &usage) || !strings.Contains(err.Error(), `the hint cross=yes of "web" names no system`) {
		t.Errorf("a hint that is no system: %v", err)
	}
}

// The value of --cross stands only behind '=': the word after it is one of its own.
func TestCrossIsAttached(t *testing.T) {
	r := parse(t, "switch --cross web --plan")
	if len(r.Hosts) != 1 || r.Hosts[0].Word != "web" {
		t.Errorf("hosts %+v", r.Hosts)
	}
}

func TestPlatformConflicts(t *testing.T) {
	for line, want := range map[string]string{
		"switch web --cross --emulate":                    "--cross cannot be used with --emulate",
		"switch web --cross --rollback":                   "--cross cannot be used with --rollback: nothing is built",
		"switch web --system x86_64-linux --store-path /": "--system cannot be used with --store-path: nothing is built",
		"switch web --emulate --rollback":                 "--emulate cannot be used with --rollback: nothing is built",
		"build-vm web --cross":                            "--cross cannot be used with build-vm",
		"repl web --emulate":                              "--emulate cannot be used with repl",
		"list-generations web --system x86_64-linux":      "--system cannot be used with list-generations",
		"hosts --cross":                                   "--cross cannot be used with hosts",
		"switch web --cross=":                             `--cross takes a system, not ""`,
		"switch web --cross=arm":                          `--cross takes a system, not "arm"`,
		"switch web --cross=X-linux":                      `--cross takes a system, not "X-linux"`,
		"switch web --system linux":                       `--system takes a system, not "linux"`,
		"switch web --emulate=x":                          `--emulate takes no value, but "x" was given`,
	} {
		_, err := request.Parse(strings.Fields(line), noHost)
		var usage *request.UsageError
		if !errors.As(err, &usage) || usage.Message != want {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	for _, line := range []string{"switch web --cross=none --emulate", "switch web --cross --system aarch64-linux", "check web --cross", "dry-build web --emulate"} {
		if _, err := request.Parse(strings.Fields(line), noHost); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// What asks for another platform is nixhop's to do, even on this machine.
func TestPlatformIsNoPassThrough(t *testing.T) {
	for _, flag := range []string{"--cross", "--cross=x86_64-linux", "--emulate", "--system=x86_64-linux"} {
		if parse(t, "switch "+flag).PassThrough() {
			t.Errorf("%s goes to nixos-rebuild, which does not know it", flag)
		}
	}
}

func TestRefusedSystem(t *testing.T) {
	flake, file := source.Source{Flake: "."}, source.Source{File: "x.nix"}
	for _, c := range []struct {
		line    string
		source  source.Source
		refused bool
	}{
		{"switch web --system x86_64-linux", flake, true},
		{"switch web --system x86_64-linux --impure", flake, false},
		{"switch web --system x86_64-linux", file, false},
		{"switch web", flake, false},
	} {
		if err := refusedSystem(parse(t, c.line), c.source); (err != nil) != c.refused {
			t.Errorf("%s: %v", c.line, err)
		}
	}
}

func TestFindRefusal(t *testing.T) {
	const from = "x86_64-linux"
	host := func(what, why string, remedy ...report.Remedy) []report.Finding {
		return []report.Finding{{Name: "cross-refused", Severity: report.Error, Host: "web", What: what, Why: why, Remedy: remedy}}
	}
	const no = "the configuration takes no other build platform"
	instead := func(what string) report.Remedy {
		return report.Line(`nixpkgs.hostPlatform = "aarch64-linux";`).Note("instead of " + what)
	}
	for _, c := range []struct {
		name  string
		facts source.FlakeFacts
		want  []report.Finding
	}{
		{"taken", source.FlakeFacts{System: "aarch64-linux", BuildSystem: from}, nil},
		{"nothing is known", source.FlakeFacts{}, nil},
		{"legacy", source.FlakeFacts{System: "aarch64-linux", BuildSystem: "aarch64-linux", Refused: []string{"nixpkgs.system"}},
			host(no+", because of nixpkgs.system", "nixpkgs.buildPlatform has no effect beside it", instead("nixpkgs.system"))},
		{"two of them, in a file", source.FlakeFacts{System: "aarch64-linux", Refused: []string{"nixpkgs.crossSystem", "nixpkgs.localSystem"},
			Files: []string{"/nix/store/abc-source/hosts/pi.nix", "/etc/nixos/x.nix"}},
			host(no+", because of nixpkgs.crossSystem and nixpkgs.localSystem",
				"nixpkgs.buildPlatform has no effect beside it; set in hosts/pi.nix, /etc/nixos/x.nix", instead("nixpkgs.crossSystem and nixpkgs.localSystem"))},
		{"pkgs", source.FlakeFacts{Refused: []string{"nixpkgs.pkgs"}},
			host(no+", because of nixpkgs.pkgs", "nixpkgs.buildPlatform has no effect beside it",
				report.Line(`nixpkgs.hostPlatform = "SYSTEM";`).Note("instead of nixpkgs.pkgs, which is also what the argument pkgs of nixosSystem sets"),
				report.Line("nixpkgs.config = { };").Note("and nixpkgs.overlays: what pkgs was made with"))},
		{"no extendModules", source.FlakeFacts{Refused: []string{"extendModules"}},
			host(no+": it has no extendModules", "it was not made by nixosSystem of nixpkgs 21.11 or later, or something took that away",
				report.Line(`nixpkgs.buildPlatform = "x86_64-linux";`).Note("in the configuration itself"))},
		{"too old", source.FlakeFacts{Refused: []string{"nixpkgs.buildPlatform"}},
			host(no+": its nixpkgs has no option nixpkgs.buildPlatform", "that came with NixOS 22.05", report.Line("nix flake update"))},
		{"deaf", source.FlakeFacts{System: "aarch64-linux", BuildSystem: "aarch64-linux"},
			host(no+`: with "x86_64-linux" forced it is built on "aarch64-linux" all the same`,
				"its packages are not made by nixpkgs.hostPlatform and nixpkgs.buildPlatform",
				instead("_module.args.pkgs, or whatever else gives it its packages"))},
	} {
		if got := FindRefusal(c.facts, from, "web"); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", c.name, got, c.want)
		}
		if got := FindRefusal(c.facts, "", "web"); got != nil {
			t.Errorf("%s: found without a cross build: %+v", c.name, got)
		}
	}
}

func TestFindManner(t *testing.T) {
	x86 := facts.Nix{System: "x86_64-linux", ExtraPlatforms: []string{"i686-linux"}}
	with := func(change func(*facts.Nix)) facts.Nix { n := x86; change(&n); return n }
	for _, c := range []struct {
		nix    facts.Nix
		system string
		want   facts.Manner
	}{
		{x86, "x86_64-linux", facts.Natively},
		{x86, "i686-linux", facts.Natively},
		{x86, "aarch64-linux", ""},
		{x86, "", ""},
		{facts.Nix{}, "x86_64-linux", ""},
		{with(func(n *facts.Nix) { n.ExtraPlatforms = []string{"aarch64-linux"} }), "aarch64-linux", facts.Emulated},
		{with(func(n *facts.Nix) { n.Emulators = []string{"qemu-aarch64"} }), "aarch64-linux", facts.Emulated},
		{with(func(n *facts.Nix) { n.Emulators = []string{"riscv64-linux"} }), "riscv64-linux", facts.Emulated},
		{with(func(n *facts.Nix) {
			n.BuilderSystems, n.Emulators = []string{"aarch64-linux"}, []string{"qemu-aarch64"}
		}), "aarch64-linux", facts.ByRemoteBuilder},
		{facts.Nix{System: "aarch64-linux", ExtraPlatforms: []string{"armv7l-linux"}}, "armv7l-linux", facts.Natively},
		{facts.Nix{System: "aarch64-darwin", ExtraPlatforms: []string{"x86_64-darwin"}}, "x86_64-darwin", facts.Emulated},
	} {
		if got := facts.FindManner(c.nix, c.system); got != c.want {
			t.Errorf("%s on %+v: %q, want %q", c.system, c.nix, got, c.want)
		}
	}
}

func TestEmulatedSystems(t *testing.T) {
	got := strings.Join(facts.EmulatedSystems([]string{"qemu-aarch64", "qemu-arm", "qemu-i386", "qemu-ppc64le", "riscv64-linux", "python3.11", "WSLInterop"}), " ")
	if got != "aarch64-linux armv7l-linux i686-linux powerpc64le-linux riscv64-linux" {
		t.Error(got)
	}
}

// The ways stand in their order, and only those that are there: a build on the target, a remote builder, emulation, a cross build.
func TestWays(t *testing.T) {
	const (
		target  = "nixhop switch web --build-host target"
		builder = "nixhop switch web --build-host local   # a remote builder that this machine has is for it"
		emulate = "nixhop switch web --emulate"
		cross   = "nixhop switch web --cross"
	)
	base := check.Need{System: "aarch64-linux", Built: "aarch64-linux", Nix: facts.Nix{System: "x86_64-linux"}, OS: "linux", Host: "big"}
	call := report.Call{Action: "switch", Word: "web", Host: "web"}
	for _, c := range []struct {
		name   string
		change func(*check.Need)
		want   []string
	}{
		{"all of them", func(n *check.Need) {
			n.Target, n.Elsewhere, n.Nix.Emulators = facts.System{Kernel: "Linux", Machine: "aarch64"}, []string{"aarch64-linux"}, []string{"qemu-aarch64"}
		}, []string{target, builder, emulate, cross}},
		{"NixOS", func(n *check.Need) { n.NixOS = true }, []string{target, `boot.binfmt.emulatedSystems = [ "aarch64-linux" ];   # on big`, cross}},
		{"no NixOS", func(*check.Need) {}, []string{target, emulate + "   # with qemu-user-static installed on big", cross}},
		{"here", func(n *check.Need) { n.Host = "" }, []string{target, emulate + "   # with qemu-user-static installed on this machine", cross}},
		{"the target cannot", func(n *check.Need) {
			n.Target, n.Nix.Emulators = facts.System{Kernel: "Linux", Machine: "x86_64"}, []string{"aarch64-linux"}
		}, []string{emulate, cross}},
		{"on the target already", func(n *check.Need) { n.OnTarget, n.Nix.Emulators = true, []string{"aarch64-linux"} }, []string{emulate, cross}},
		{"the configuration refuses", func(n *check.Need) { n.NoCross, n.Nix.Emulators = true, []string{"aarch64-linux"} }, []string{target, emulate}},
		{"no jobs", func(n *check.Need) { n.Nix.System = n.System }, []string{target, `nix.settings.max-jobs = "auto";   # on big`}},
		{"from the wrong system", func(n *check.Need) { n.System, n.Built = "x86_64-linux", "riscv64-linux" }, []string{target, "nixhop switch web --cross=none"}},
		{"no Linux", func(n *check.Need) { n.System, n.Built = "aarch64-darwin", "aarch64-darwin" }, []string{target}},
	} {
		n := base
		c.change(&n)
		got, want := strings.Join(call.Lines(n.Ways()), "\n"), strings.Join(c.want, "\n# or\n")
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

func TestParseEmulation(t *testing.T) {
	failed := errors.New("ended")
	for _, c := range []struct {
		out    string
		err    error
		says   string
		worked bool
	}{
		{"emulated=yes\n", nil, "", true},
		{"says=Exec format error\n", failed, "Exec format error", false},
		{"says=\x1b[2Jno\n", failed, "no", false},
		{"emulated=yes\n", failed, "ended", false},
		{"", failed, "ended", false},
		{"", nil, "", false},
	} {
		if says, worked := ParseEmulation(c.out, c.err); says != c.says || worked != c.worked {
			t.Errorf("%q: %q, %v", c.out, says, worked)
		}
	}
}

func TestEmulatorsHere(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"register", "status", "qemu-arm", "aarch64-linux"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(facts.Emulators(dir), " "); got != "aarch64-linux qemu-arm" {
		t.Error(got)
	}
	if got := facts.Emulators(filepath.Join(dir, "none")); got != nil {
		t.Errorf("of a kernel without: %q", got)
	}
}

// noHost knows no host.
func noHost(string) bool { return false }

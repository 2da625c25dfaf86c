package decision

import (
	"errors"
	"reflect"
	"strings"
	"testing"

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
		facts source.Facts
		want  []report.Finding
	}{
		{"taken", source.Facts{System: "aarch64-linux", BuildSystem: from}, nil},
		{"nothing is known", source.Facts{}, nil},
		{"legacy", source.Facts{System: "aarch64-linux", BuildSystem: "aarch64-linux", Refused: []string{"nixpkgs.system"}},
			host(no+", because of nixpkgs.system", "nixpkgs.buildPlatform has no effect beside it", instead("nixpkgs.system"))},
		{"two of them, in a file", source.Facts{System: "aarch64-linux", Refused: []string{"nixpkgs.crossSystem", "nixpkgs.localSystem"},
			Files: []string{"/nix/store/abc-source/hosts/pi.nix", "/etc/nixos/x.nix"}},
			host(no+", because of nixpkgs.crossSystem and nixpkgs.localSystem",
				"nixpkgs.buildPlatform has no effect beside it; set in hosts/pi.nix, /etc/nixos/x.nix", instead("nixpkgs.crossSystem and nixpkgs.localSystem"))},
		{"pkgs", source.Facts{Refused: []string{"nixpkgs.pkgs"}},
			host(no+", because of nixpkgs.pkgs", "nixpkgs.buildPlatform has no effect beside it",
				report.Line(`nixpkgs.hostPlatform = "SYSTEM";`).Note("instead of nixpkgs.pkgs, which is also what the argument pkgs of nixosSystem sets"),
				report.Line("nixpkgs.config = { };").Note("and nixpkgs.overlays: what pkgs was made with"))},
		{"no extendModules", source.Facts{Refused: []string{"extendModules"}},
			host(no+": it has no extendModules", "it was not made by nixosSystem of nixpkgs 21.11 or later, or something took that away",
				report.Line(`nixpkgs.buildPlatform = "x86_64-linux";`).Note("in the configuration itself"))},
		{"too old", source.Facts{Refused: []string{"nixpkgs.buildPlatform"}},
			host(no+": its nixpkgs has no option nixpkgs.buildPlatform", "that came with NixOS 22.05", report.Line("nix flake update"))},
		{"deaf", source.Facts{System: "aarch64-linux", BuildSystem: "aarch64-linux"},
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

package check

import (
	"reflect"
	"testing"
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

var now = time.Unix(1700000000, 0)

// goodFacts is a host with which nothing is wrong.
func goodFacts() facts.Facts {
	return facts.Facts{
		Clock: now,
		Login: facts.Login{UID: "1000", User: "deploy", Groups: []string{"users"}, Shell: "/bin/bash", Path: "/usr/local/bin:/usr/bin"},
		Elevate: facts.Elevation{
			Sudo: "/usr/bin/sudo", SudoVersion: "Sudo version 1.9.13p3", SudoFree: facts.Yes,
		},
		Nix: facts.Nix{Store: "/usr/bin/nix-store", Version: "2.24.9", Trusted: facts.Yes, System: "x86_64-linux", MaxJobs: "4"},
		System: facts.System{
			Kernel: "Linux", Machine: "x86_64", HostName: "web", NixOS: facts.Yes, ID: "nixos", Name: "NixOS 24.05 (Uakari)",
			Systemd: facts.Yes, SystemdVersion: 255, KernelBytes: 40 << 20,
		},
		Spaces: []facts.Space{
			{Path: "/nix/store", Mount: "/", FreeKiB: 50 << 20, TotalKiB: 100 << 20, FreeInodes: 1 << 20, Inodes: 2 << 20},
			{Path: "/boot", Mount: "/boot", FreeKiB: 300 << 10, TotalKiB: 500 << 10},
			{Path: "/tmp", Mount: "/tmp", FreeKiB: 4 << 20, TotalKiB: 8 << 20},
		},
		Kernels: []string{"/boot"},
	}
}

var goodTarget = TargetWant{
	Host: "web", HostName: "web", System: "x86_64-linux", Root: true, Ways: facts.EveryWay[:], Unsigned: true,
	PublicKey: "ssh-ed25519 AAAA me@desk", Now: now,
}

func TestTarget(t *testing.T) {
	for _, tt := range checksOfTargets {
		t.Run(tt.name, func(t *testing.T) {
			f, want := goodFacts(), goodTarget
			tt.change(&f, &want)
			sameFindings(t, append(Target(f, want), TargetFits(f, want)...), tt.finding, want.Host, want.Host)
		})
	}
}

func TestBuildHost(t *testing.T) {
	for _, tt := range checksOfBuildHosts {
		t.Run(tt.name, func(t *testing.T) {
			f, want := goodFacts(), BuildHostWant{Host: "big", Target: "web", System: "x86_64-linux", Unsigned: true}
			tt.change(&f, &want)
			sameFindings(t, append(BuildHost(f, want), BuildHostFits(f, want)...), tt.finding, want.Host, want.Target)
		})
	}
}

// sameFindings compares with the one finding that is wanted; without a name, none is.
func sameFindings(t *testing.T, got []report.Finding, want told, host, target string) {
	t.Helper()
	if want.Name == "" {
		if len(got) > 0 {
			t.Errorf("got %+v, want nothing", got)
		}
		return
	}
	want.Host = host
	if len(got) != 1 || !reflect.DeepEqual(tell(got[0], target), want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// told is a finding as it is told, its remedy in lines.
type told struct {
	Name      string
	Severity  report.Severity
	Host      string
	What, Why string
	Remedy    []string
}

// tell is how a finding of a deployment to a target is told.
func tell(f report.Finding, target string) told {
	call := report.Call{Action: "switch", Word: target, Host: target}
	return told{f.Name, f.Severity, f.Host, f.What, f.Why, call.Lines(f.Remedy)}
}

func TestChecksOfNothingKnown(t *testing.T) {
	for _, f := range append(Target(facts.Facts{}, goodTarget), TargetFits(facts.Facts{}, goodTarget)...) {
		if f.Name != "nix-missing" {
			t.Errorf("a host that said nothing has the finding %+v", f)
		}
	}
}

var checksOfBuildHosts = []struct {
	name    string
	change  func(*facts.Facts, *BuildHostWant)
	finding told
}{
	{"nothing", func(*facts.Facts, *BuildHostWant) {}, told{}},
	{"noise", func(f *facts.Facts, w *BuildHostWant) { f.Noise = "hi" }, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/bash" prints "hi" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh big true | od -c", "case $- in *i*) ;; *) return ;; esac   # first line of ~/.bashrc there"},
	}},
	{"noise that the target has said", func(f *facts.Facts, w *BuildHostWant) { f.Noise, w.Target = "hi", w.Host }, told{}},
	{"not trusted", func(f *facts.Facts, w *BuildHostWant) { f.Nix.Trusted = facts.No }, told{
		Name: "not-trusted", Severity: report.Error,
		What: `"deploy" is not a trusted user of the host's Nix`,
		Why:  "what was built elsewhere is not signed, and Nix takes unsigned paths from trusted users only",
		Remedy: []string{
			`nix.settings.trusted-users = [ "deploy" ];`, "# or",
			`nix.settings.trusted-public-keys = [ "NAME:KEY" ];   # and sign here: nix store sign -r -k FILE PATH`,
		},
	}},
	{"only derivations", func(f *facts.Facts, w *BuildHostWant) { f.Nix.Trusted, w.Unsigned = facts.No, false }, told{}},
	{"sudo is no matter", func(f *facts.Facts, w *BuildHostWant) { f.Elevate = facts.Elevation{} }, told{}},
	{"another platform", func(f *facts.Facts, w *BuildHostWant) {
		w.System, f.Nix.ExtraPlatforms = "aarch64-linux", []string{"i686-linux"}
	}, told{
		Name: "platform", Severity: report.Error,
		What: `the configuration is for "aarch64-linux", the build host builds for "x86_64-linux i686-linux"`,
		Why:  "the build would stop with: required system or feature not available",
		Remedy: []string{
			"nixhop switch web --build-host target", "# or",
			`boot.binfmt.emulatedSystems = [ "aarch64-linux" ];   # on big`, "# or", "nixhop switch web --cross",
		},
	}},
	{"another platform on the target", func(f *facts.Facts, w *BuildHostWant) { w.System, w.Target = "aarch64-linux", w.Host }, told{
		Name: "platform", Severity: report.Error,
		What:   `the configuration is for "aarch64-linux", the build host builds for "x86_64-linux"`,
		Why:    "the build would stop with: required system or feature not available",
		Remedy: []string{`boot.binfmt.emulatedSystems = [ "aarch64-linux" ];   # on big`, "# or", "nixhop switch big --cross"},
	}},
	{"emulated", func(f *facts.Facts, w *BuildHostWant) {
		w.System, f.Nix.ExtraPlatforms = "aarch64-linux", []string{"aarch64-linux"}
	}, told{}},
	{"its own builder", func(f *facts.Facts, w *BuildHostWant) {
		w.System, f.Nix.BuilderSystems = "aarch64-linux", []string{"aarch64-linux"}
	}, told{}},
	{"platform not known", func(f *facts.Facts, w *BuildHostWant) { w.System, f.Nix.System = "aarch64-linux", "" }, told{}},
	{"no jobs", func(f *facts.Facts, w *BuildHostWant) { f.Nix.MaxJobs = "0" }, told{
		Name: "platform", Severity: report.Error,
		What:   `the build host builds nothing itself, and none of its builders is for "x86_64-linux"`,
		Why:    "its nix.conf has max-jobs = 0 (NixOS/nix#14883)",
		Remedy: []string{"nixhop switch web --build-host target", "# or", `nix.settings.max-jobs = "auto";   # on big`},
	}},
	{"little room to build", func(f *facts.Facts, w *BuildHostWant) { f.Spaces[2].FreeKiB = 700 << 10 }, told{
		Name: "store-space", Severity: report.Warning,
		What:   `700 MiB left of 8.0 GiB in "/tmp" of the build host`,
		Why:    "builds are done there",
		Remedy: []string{`nix.settings.build-dir = "/nix/var/nix/builds";`, "boot.tmp.cleanOnBoot = true;"},
	}},
}

func TestVersion(t *testing.T) {
	for text, want := range map[string][2]int{
		"2.8.0": {2, 8}, "2.32pre20250801_a": {2, 32}, "3": {3, 0}, "": {}, "x.y": {}, "2.": {2, 0},
	} {
		if major, minor := facts.Version(text); [2]int{major, minor} != want {
			t.Errorf("version(%q) = %d, %d, want %v", text, major, minor, want)
		}
	}
}

func TestRuns(t *testing.T) {
	for _, tt := range []struct {
		kernel, machine, system string
		want                    bool
	}{
		{"Linux", "x86_64", "x86_64-linux", true},
		{"Linux", "x86_64", "i686-linux", true},
		{"Linux", "i686", "x86_64-linux", false},
		{"Linux", "aarch64", "aarch64-linux", true},
		{"Linux", "aarch64", "armv7l-linux", true},
		{"Linux", "armv7l", "armv6l-linux", true},
		{"Linux", "armv6l", "armv7l-linux", false},
		{"Linux", "ppc64le", "powerpc64le-linux", true},
		{"Linux", "riscv64", "riscv64-linux", true},
		{"Darwin", "arm64", "aarch64-darwin", true},
		{"Darwin", "arm64", "aarch64-linux", false},
	} {
		if got := facts.Runs(facts.System{Kernel: tt.kernel, Machine: tt.machine}, tt.system); got != tt.want {
			t.Errorf("%s %s runs %s: %v", tt.kernel, tt.machine, tt.system, got)
		}
	}
}

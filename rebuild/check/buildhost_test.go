package check

import (
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

func TestBuildHost(t *testing.T) {
	for _, tt := range checksOfBuildHosts {
		t.Run(tt.name, func(t *testing.T) {
			f, want := goodFacts(), BuildHostWant{Host: "big", Target: "web", System: "x86_64-linux", Unsigned: true}
			tt.change(&f, &want)
			sameFindings(t, append(BuildHost(f, want), BuildHostFits(f, want)...), tt.finding, want.Host, want.Target)
		})
	}
}

var checksOfBuildHosts = []struct {
	name    string
	change  func(*facts.Host, *BuildHostWant)
	finding told
}{
	{"nothing", func(*facts.Host, *BuildHostWant) {}, told{}},
	{"noise", func(f *facts.Host, w *BuildHostWant) { f.Noise = "hi" }, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/bash" prints "hi" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh big true | od -c", "case $- in *i*) ;; *) return ;; esac   # first line of ~/.bashrc there"},
	}},
	{"noise that the target has said", func(f *facts.Host, w *BuildHostWant) {
		f.Noise, w.Target = "hi", w.Host
	}, told{}},
	{"not trusted", func(f *facts.Host, w *BuildHostWant) { f.Nix.Trusted = facts.No }, told{
		Name: "not-trusted", Severity: report.Error,
		What: `"deploy" is not a trusted user of the host's Nix`,
		Why:  "what was built elsewhere is not signed, and Nix takes unsigned paths from trusted users only",
		Remedy: []string{
			`nix.settings.trusted-users = [ "deploy" ];`, "# or",
			`nix.settings.trusted-public-keys = [ "NAME:KEY" ];   # and sign here: nix store sign -r -k FILE PATH`,
		},
	}},
	{"only derivations", func(f *facts.Host, w *BuildHostWant) { f.Nix.Trusted, w.Unsigned = facts.No, false }, told{}},
	{"sudo is no matter", func(f *facts.Host, w *BuildHostWant) { f.Elevate = facts.Elevation{} }, told{}},
	{"another platform", func(f *facts.Host, w *BuildHostWant) {
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
	{"another platform on the target", func(f *facts.Host, w *BuildHostWant) {
		w.System, w.Target = "aarch64-linux", w.Host
	}, told{
		Name: "platform", Severity: report.Error,
		What:   `the configuration is for "aarch64-linux", the build host builds for "x86_64-linux"`,
		Why:    "the build would stop with: required system or feature not available",
		Remedy: []string{`boot.binfmt.emulatedSystems = [ "aarch64-linux" ];   # on big`, "# or", "nixhop switch big --cross"},
	}},
	{"emulated", func(f *facts.Host, w *BuildHostWant) {
		w.System, f.Nix.ExtraPlatforms = "aarch64-linux", []string{"aarch64-linux"}
	}, told{}},
	{"its own builder", func(f *facts.Host, w *BuildHostWant) {
		w.System, f.Nix.BuilderSystems = "aarch64-linux", []string{"aarch64-linux"}
	}, told{}},
	{"platform not known", func(f *facts.Host, w *BuildHostWant) {
		w.System, f.Nix.System = "aarch64-linux", ""
	}, told{}},
	{"no jobs", func(f *facts.Host, w *BuildHostWant) { f.Nix.MaxJobs = "0" }, told{
		Name: "platform", Severity: report.Error,
		What:   `the build host builds nothing itself, and none of its builders is for "x86_64-linux"`,
		Why:    "its nix.conf has max-jobs = 0 (NixOS/nix#14883)",
		Remedy: []string{"nixhop switch web --build-host target", "# or", `nix.settings.max-jobs = "auto";   # on big`},
	}},
	{"little room to build", func(f *facts.Host, w *BuildHostWant) { f.Spaces[2].FreeKiB = 700 << 10 }, told{
		Name: "store-space", Severity: report.Warning,
		What:   `700 MiB left of 8.0 GiB in "/tmp" of the build host`,
		Why:    "builds are done there",
		Remedy: []string{`nix.settings.build-dir = "/nix/var/nix/builds";`, "boot.tmp.cleanOnBoot = true;"},
	}},
}

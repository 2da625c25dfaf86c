package check

import (
	"reflect"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// goodHere is a machine with which nothing is wrong.
func goodHere() facts.Here {
	return facts.Here{
		OS: "linux", User: "me", AuthSock: "/run/agent",
		Tree:  facts.Tree{Root: "/h/conf", Flake: "flake.nix", Revision: "1a2b3c4"},
		Nix:   facts.Nix{Version: "2.24.9", System: "x86_64-linux", ExtraPlatforms: []string{"i686-linux", "x86_64-v1-linux"}, MaxJobs: "auto"},
		Store: "auto",
		Keys: []facts.Keys{{Alias: "web", Agent: facts.Yes, Held: 1, Identities: []facts.Identity{
			{Path: "/h/.ssh/id_rsa"}, {Path: "/h/.ssh/id_ed25519", There: true},
		}}},
	}
}

var goodWant = HereWant{Nix: true, Flake: true, System: "x86_64-linux", Others: []NixThere{{"web", "2.24.9"}}}

// hereCase makes one finding happen.
type hereCase struct {
	name    string
	change  func(*facts.Here, *HereWant)
	finding told
}

// runHere runs cases of a
func runHere(t *testing.T, refused func(facts.Here, HereWant) []report.Finding, cases []hereCase) {
	t.Helper()
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			h, want := goodHere(), goodWant
			tt.change(&h, &want)
			host := tt.finding.Host
			if host == "" {
				host = report.Here
			}
			sameFindings(t, refused(h, want), tt.finding, host, "web")
		})
	}
}

func TestHere(t *testing.T) {
	runHere(t, Here, []hereCase{
		{"nothing", func(*facts.Here, *HereWant) {}, told{}},
		{"no Nix", func(h *facts.Here, w *HereWant) { h.NoNix, h.Nix = true, facts.Nix{} }, told{
			Name: "nix-missing", Severity: report.Error,
			What:   "nix is not installed on this machine",
			Why:    "the configuration is evaluated here, wherever it is built",
			Remedy: []string{"curl -L https://nixos.org/nix/install | sh -s -- --daemon"},
		}},
		{"Nix elsewhere", func(h *facts.Here, w *HereWant) {
			h.NoNix, h.Nix = true, facts.Nix{Elsewhere: "/nix/var/nix/profiles/default/bin"}
		}, told{
			Name: "nix-missing", Severity: report.Error,
			What:   `nix is in "/nix/var/nix/profiles/default/bin" on this machine, which is not in the PATH`,
			Why:    "the configuration is evaluated here, wherever it is built",
			Remedy: []string{`export PATH="$PATH":/nix/var/nix/profiles/default/bin`},
		}},
		{"no Nix, and none is needed", func(h *facts.Here, w *HereWant) {
			h.NoNix, h.Nix, w.Nix = true, facts.Nix{}, false
		}, told{}},
		{"Nix without flakes", func(h *facts.Here, w *HereWant) { h.Nix.Version, w.Others = "2.3.16", nil }, told{
			Name: "no-flakes", Severity: report.Error,
			What:   `Nix on this machine is "2.3.16", and flakes came with "2.4"`,
			Why:    "a flake is evaluated here, wherever it is built",
			Remedy: []string{"nix upgrade-nix"},
		}},
		{"Nix without flakes, and none is used", func(h *facts.Here, w *HereWant) {
			h.Nix.Version, w.Flake, w.Others, h.NixOS = "2.3.16", false, nil, true
		}, told{
			Name: "too-old", Severity: report.Warning,
			What:   `Nix on this machine is "2.3.16", older than "2.8"`,
			Why:    "nixhop is tested with 2.8 and newer",
			Remedy: []string{"nix.package = pkgs.nixVersions.latest;   # on this machine"},
		}},
		{"old Nix", func(h *facts.Here, w *HereWant) { h.Nix.Version, w.Others = "2.7.0", nil }, told{
			Name: "too-old", Severity: report.Warning,
			What:   `Nix on this machine is "2.7.0", older than "2.8"`,
			Why:    "nixhop is tested with 2.8 and newer",
			Remedy: []string{"nix upgrade-nix"},
		}},
		{"the oldest Nix that counts", func(h *facts.Here, w *HereWant) { h.Nix.Version, w.Others = "2.8.0", nil }, told{}},
		{"Nix 3", func(h *facts.Here, w *HereWant) { h.Nix.Version = "3.0" }, told{}},

		// NixOS/nix#9961
		{"two that do not talk", func(h *facts.Here, w *HereWant) {
			h.Nix.Version, w.Others[0].Version = "2.20.1", "2.13.3"
		}, told{
			Name: "too-old", Severity: report.Warning, Host: "web",
			What: `Nix is "2.13.3" there and "2.20.1" here, which may not understand each other`,
			Why:  "builds between these two were seen to fail: invalid character in Base64 string (NixOS/nix#9961)",
		}},
		{"two that talk", func(h *facts.Here, w *HereWant) {
			h.Nix.Version, w.Others[0].Version = "2.21.0", "2.13.3"
		}, told{}},
		{"far apart", func(h *facts.Here, w *HereWant) { h.Nix.Version, w.Others[0].Version = "2.8.0", "2.31.2" }, told{
			Name: "too-old", Severity: report.Note, Host: "web",
			What: `Nix is "2.31.2" there and "2.8.0" here, 23 releases apart`,
			Why:  "they speak the oldest protocol that both know, which few people try",
		}},
		{"Lix is not ahead of its time", func(h *facts.Here, w *HereWant) { w.Others[0].Version = "2.93.3" }, told{}},
		{"not known", func(h *facts.Here, w *HereWant) { w.Others[0].Version = "" }, told{}},
	})
	if got := Here(facts.Here{}, goodWant); len(got) > 0 {
		t.Errorf("of a machine that is not known: %+v", got)
	}
}

func TestBuildHere(t *testing.T) {
	other := func(h *facts.Here, w *HereWant) { w.System = "aarch64-linux" }
	const stop = "the build would stop with: required system or feature not available"
	const toTarget = "nixhop switch web --build-host target"
	const emulate = "nixhop switch web --emulate   # with qemu-user-static installed on this machine"
	const cross = "nixhop switch web --cross"
	runHere(t, BuildHere, []hereCase{
		{"its own", func(*facts.Here, *HereWant) {}, told{}},
		{"an extra one", func(h *facts.Here, w *HereWant) { w.System = "i686-linux" }, told{}},
		{"a builder's", func(h *facts.Here, w *HereWant) {
			other(h, w)
			h.Nix.BuilderSystems = []string{"aarch64-linux"}
		}, told{}},
		{"nothing known", func(h *facts.Here, w *HereWant) { other(h, w); h.Nix = facts.Nix{} }, told{}},
		{"no system wanted", func(h *facts.Here, w *HereWant) { w.System = "" }, told{}},
		{"a store elsewhere", func(h *facts.Here, w *HereWant) { other(h, w); h.Store = "ssh-ng://big" }, told{}},
		{"another", other, told{ // NixOS/nixpkgs#177873
			Name: "platform", Severity: report.Error,
			What:   `the configuration is for "aarch64-linux", this machine builds for "x86_64-linux i686-linux"`,
			Why:    stop,
			Remedy: []string{toTarget, "# or", emulate, "# or", cross},
		}},
		{"another that the target is", func(h *facts.Here, w *HereWant) {
			other(h, w)
			w.Target = facts.System{Kernel: "Linux", Machine: "aarch64"}
		}, told{
			Name: "platform", Severity: report.Error,
			What:   `the configuration is for "aarch64-linux", this machine builds for "x86_64-linux i686-linux"`,
			Why:    stop,
			Remedy: []string{toTarget, "# or", emulate, "# or", cross},
		}},
		{"another that the target is not either", func(h *facts.Here, w *HereWant) {
			other(h, w)
			w.Target = facts.System{Kernel: "Linux", Machine: "x86_64"}
		}, told{
			Name: "platform", Severity: report.Error,
			What:   `the configuration is for "aarch64-linux", this machine builds for "x86_64-linux i686-linux"`,
			Why:    stop,
			Remedy: []string{emulate, "# or", cross},
		}},
		{"another on NixOS", func(h *facts.Here, w *HereWant) { other(h, w); h.NixOS = true }, told{
			Name: "platform", Severity: report.Error,
			What:   `the configuration is for "aarch64-linux", this machine builds for "x86_64-linux i686-linux"`,
			Why:    stop,
			Remedy: []string{toTarget, "# or", `boot.binfmt.emulatedSystems = [ "aarch64-linux" ];   # on this machine`, "# or", cross},
		}},
		{"another, with a builder for a third", func(h *facts.Here, w *HereWant) {
			other(h, w)
			h.Nix.BuilderSystems = []string{"riscv64-linux"}
		}, told{
			Name: "platform", Severity: report.Error,
			What:   `the configuration is for "aarch64-linux", this machine builds for "x86_64-linux i686-linux", its builders for "riscv64-linux"`,
			Why:    stop,
			Remedy: []string{toTarget, "# or", emulate, "# or", cross},
		}},
		{"Linux on a Mac", func(h *facts.Here, w *HereWant) {
			other(h, w)
			h.OS, h.Nix = "darwin", facts.Nix{System: "aarch64-darwin", ExtraPlatforms: []string{"x86_64-darwin"}}
		}, told{
			Name: "platform", Severity: report.Error,
			What:   `the configuration is for "aarch64-linux", this machine builds for "aarch64-darwin x86_64-darwin"`,
			Why:    stop,
			Remedy: []string{toTarget, "# or", "nix.linux-builder.enable = true;   # nix-darwin, on this Mac"},
		}},
		{"another Linux on a Mac", func(h *facts.Here, w *HereWant) {
			h.OS, h.Nix = "darwin", facts.Nix{System: "aarch64-darwin"}
		}, told{
			Name: "platform", Severity: report.Error,
			What: `the configuration is for "x86_64-linux", this machine builds for "aarch64-darwin"`,
			Why:  stop,
			Remedy: []string{
				toTarget, "# or",
				"nix.linux-builder.enable = true;   # nix-darwin, on this Mac",
				`nix.linux-builder.systems = [ "aarch64-linux" "x86_64-linux" ];`,
				`nix.linux-builder.config.boot.binfmt.emulatedSystems = [ "x86_64-linux" ];`,
			},
		}},
		{"no jobs", func(h *facts.Here, w *HereWant) { h.Nix.MaxJobs = "0" }, told{
			Name: "platform", Severity: report.Error,
			What:   `this machine builds nothing itself, and none of its builders is for "x86_64-linux"`,
			Why:    "its nix.conf has max-jobs = 0 (NixOS/nix#14883)",
			Remedy: []string{toTarget, "# or", "nixhop switch web --max-jobs auto"},
		}},
		{"no jobs, but a builder", func(h *facts.Here, w *HereWant) {
			h.Nix.MaxJobs, h.Nix.BuilderSystems = "0", []string{"x86_64-linux"}
		}, told{}},
	})
}

func TestHereLevelsStay(t *testing.T) {
	h, want := goodHere(), goodWant
	want.System = "aarch64-linux"
	before := goodHere()
	BuildHere(h, want)
	if !reflect.DeepEqual(h, before) {
		t.Errorf("the check changed its facts: %+v", h.Nix)
	}
}

// A machine with nothing on it has no findings but that Nix is missing.
func TestHereNothingInstalled(t *testing.T) {
	h := facts.Here{NoNix: true, NoGit: true, Keys: []facts.Keys{{Alias: "web", Agent: facts.Unsaid}}}
	want := HereWant{Nix: true, Flake: true, Denied: []string{"web"}, System: "x86_64-linux"}
	if found := Here(h, want); len(found) != 1 || found[0].Name != "nix-missing" {
		t.Errorf("got %+v", found)
	}
	if found := BuildHere(h, want); found != nil {
		t.Errorf("got %+v", found)
	}
}

package check

import (
	"cmp"
	"fmt"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

const flakesMinor = 4 // of 2.4, the first Nix with flakes

const libgitMinor = 20 // of 2.20, the first Nix that reads git trees by itself

const apartNote = 15 // minor versions between two that are worth a word

// HereWant is what a deployment is about to do. What is left empty is not checked.
type HereWant struct {
	Nix   bool // Nix is needed here
	Flake bool // a flake is deployed

	System string       // that is built here: "aarch64-linux"; for BuildHere alone, as is Target
	Target facts.System // of the target: a build there is offered unless it cannot be done

	For     string // that the configuration is for, where that is not System: it is cross-compiled
	NoCross bool   // the configuration takes no other build platform

	Others []NixThere // the hosts that take part
	Denied []string   // the endpoints, by their Alias, whose login was denied
	Asked  bool       // the checks are what the user wants, as in `nixhop check`: notes about what works are welcome
}

// NixThere is the Nix of a host.
type NixThere struct{ Host, Version string }

// Here returns what stands in the way on this machine itself, and what else its user should know, as far as no
// evaluation is needed for it.
func Here(h facts.Here, want HereWant) []report.Finding {
	var all findings
	all.add(report.Here,
		nixMissingHere(h, want),
		tooOldHere(h, want),
		gitMissing(h),
		gitOwner(h),
		gitUntracked(h.Tree),
		gitDirty(h.Tree),
	)
	for _, other := range want.Others {
		all.add(other.Host, tooFarApart(h.Nix.Version, other.Version))
	}
	return append(all, Keys(h, want)...)
}

// BuildHere returns what stands in the way of building on this machine for want.System.
func BuildHere(h facts.Here, want HereWant) []report.Finding {
	if elsewhere(h.Store) {
		return nil
	}
	found := want.Need(h).findings("this machine")
	for i := range found {
		found[i].Host = report.Here
	}
	return found
}

// elsewhere reports whether builds go to the store of another machine anyway.
func elsewhere(store string) bool { return strings.HasPrefix(store, "ssh") }

// Need is the build that this machine is to do.
func (w HereWant) Need(h facts.Here) Need {
	return Need{
		System: cmp.Or(w.For, w.System), Built: w.System, Target: w.Target,
		Nix: h.Nix, OS: h.OS, NixOS: h.NixOS, NoCross: w.NoCross,
	}
}

// linuxBuilder are the lines of nix-darwin for a Linux in a virtual machine. It builds for the Mac's own processor;
// for another it emulates.
func linuxBuilder(mac, system string) []report.Remedy {
	lines := []report.Remedy{report.Line("nix.linux-builder.enable = true;").Note("nix-darwin, on this Mac")}
	own, _, _ := strings.Cut(mac, "-")
	if cpu, _, _ := strings.Cut(system, "-"); cpu == own {
		return lines
	}
	return append(lines,
		report.Line("nix.linux-builder.systems = [ "+nixexec.NixString(own+"-linux")+" "+nixexec.NixString(system)+" ];"),
		report.Line("nix.linux-builder.config.boot.binfmt.emulatedSystems = [ "+nixexec.NixString(system)+" ];"))
}

// nixMissingHere finds a machine without Nix, or with one that this login does not find, as under sudo or cron.
func nixMissingHere(h facts.Here, want HereWant) []report.Finding {
	if !want.Nix || !h.NoNix {
		return nil
	}
	found := report.Finding{
		Name: "nix-missing", Severity: report.Error,
		What:   "nix is not installed on this machine",
		Why:    "the configuration is evaluated here, wherever it is built",
		Remedy: []report.Remedy{report.Line("curl -L https://nixos.org/nix/install | sh -s -- --daemon")},
	}
	if dir := h.Nix.Elsewhere; dir != "" {
		found.What = fmt.Sprintf("nix is in %q on this machine, which is not in the PATH", dir)
		found.Remedy = []report.Remedy{report.Line(`export PATH="$PATH":` + nixexec.ShellWords([]string{dir}))}
	}
	return []report.Finding{found}
}

// tooOldHere finds a Nix that cannot read the flake at all, or that nixhop does not know.
func tooOldHere(h facts.Here, want HereWant) []report.Finding {
	major, minor := facts.Version(h.Nix.Version)
	switch {
	case major == 0 || major > 2 || major == 2 && minor >= 8:
		return nil
	case want.Flake && (major < 2 || minor < flakesMinor):
		return []report.Finding{{
			Name: "no-flakes", Severity: report.Error,
			What:   fmt.Sprintf("Nix on this machine is %q, and flakes came with \"2.4\"", h.Nix.Version),
			Why:    "a flake is evaluated here, wherever it is built",
			Remedy: []report.Remedy{newerNix(h)},
		}}
	}
	return []report.Finding{{
		Name: "too-old", Severity: report.Warning,
		What:   fmt.Sprintf("Nix on this machine is %q, older than \"2.8\"", h.Nix.Version),
		Why:    "nixhop is tested with 2.8 and newer",
		Remedy: []report.Remedy{newerNix(h)},
	}}
}

// newerNix is how this machine gets a newer Nix.
func newerNix(h facts.Here) report.Remedy {
	if h.NixOS {
		return report.Line("nix.package = pkgs.nixVersions.latest;").Note("on this machine")
	}
	return report.Shell("nix", "upgrade-nix")
}

// tooFarApart finds a host whose Nix may not understand the one here; two releases are known for it (NixOS/nix#9961).
// Distance alone mostly works, and is a note.
func tooFarApart(here, there string) []report.Finding {
	a, b := facts.Upstream(here), facts.Upstream(there)
	switch {
	case a == 0 || b == 0:
		return nil
	case min(a, b) == 13 && max(a, b) == 20:
		return []report.Finding{{
			Name: "too-old", Severity: report.Warning,
			What: fmt.Sprintf("Nix is %q there and %q here, which may not understand each other", there, here),
			Why:  "builds between these two were seen to fail: invalid character in Base64 string (NixOS/nix#9961)",
		}}
	case max(a, b)-min(a, b) > apartNote:
		return []report.Finding{{
			Name: "too-old", Severity: report.Note,
			What: fmt.Sprintf("Nix is %q there and %q here, %d releases apart", there, here, max(a, b)-min(a, b)),
			Why:  "they speak the oldest protocol that both know, which few people try",
		}}
	}
	return nil
}

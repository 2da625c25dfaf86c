package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Need is a build that a build host cannot do as things are, and what is known of the machines that could.
type Need struct {
	System string // that the configuration is for: "aarch64-linux"
	Built  string // that it is built on: another one where it is cross-compiled

	OnTarget  bool         // the build host is the target
	Target    facts.System // of the target; empty: not known
	Elsewhere []string     // systems of the remote builders of this machine, where it is not the build host

	Host    string    // the build host, for people; empty: this machine
	Nix     facts.Nix // of the build host
	OS      string    // of the build host, as Go calls it: "linux", "darwin"
	NixOS   bool      // the build host runs NixOS
	NoCross bool      // the configuration takes no other build platform
}

// Need is the build that the build host is to do.
func (w BuildHostWant) Need(f facts.Host) Need {
	return Need{
		System: cmp.Or(w.For, w.System), Built: w.System,
		OnTarget: w.Host == w.Target, Target: w.TargetSystem, Elsewhere: w.Elsewhere,
		Host: w.Host, Nix: f.Nix, OS: strings.ToLower(f.System.Kernel), NixOS: f.System.NixOS != facts.No,
		NoCross: w.NoCross,
	}
}

// findings are what stands in the way of the build on the build host, which is who (NixOS/nixpkgs#177873).
func (n Need) findings(who string) []report.Finding {
	own := n.Nix.Platforms()
	native := slices.Contains(own, n.Built)
	unknown := n.Built == "" || n.Nix.System == ""
	if unknown || slices.Contains(n.Nix.BuilderSystems, n.Built) || native && n.Nix.MaxJobs != "0" {
		return nil
	}
	found := report.Finding{Name: "platform", Severity: report.Error, Remedy: n.Ways()}
	if native {
		found.What = fmt.Sprintf("%s builds nothing itself, and none of its builders is for %q", who, n.Built)
		found.Why = "its nix.conf has max-jobs = 0 (NixOS/nix#14883)"
		return []report.Finding{found}
	}
	found.What = fmt.Sprintf("the configuration is for %q, %s builds for %q",
		n.Built, who, strings.Join(slices.DeleteFunc(own, isLevel), " "))
	if len(n.Nix.BuilderSystems) > 0 {
		found.What += fmt.Sprintf(", its builders for %q", strings.Join(n.Nix.BuilderSystems, " "))
	}
	found.Why = "the build would stop with: required system or feature not available"
	return []report.Finding{found}
}

// isLevel recognises the levels of a processor, x86_64-v2-linux, which nobody needs to read.
func isLevel(system string) bool { return strings.HasPrefix(system, "x86_64-v") }

// Ways are the commands and settings by which the system can be built after all, in the order in which they are to be
// tried: on the target, where everything is native, by a remote builder that is there, emulated, and cross-compiled,
// which builds everything anew.
func (n Need) Ways() []report.Remedy {
	var ways [][]report.Remedy
	add := func(way ...report.Remedy) { ways = append(ways, way) }
	if !n.OnTarget && (n.Target.Machine == "" || facts.Runs(n.Target, n.System)) {
		add(report.Again("--build-host", "target"))
	}
	native := slices.Contains(n.Nix.Platforms(), n.System)
	switch {
	case native && n.Built != n.System:
		add(report.Again("--cross=" + request.NoCross))
	case native:
		add(n.moreJobs())
	case slices.Contains(n.Elsewhere, n.System):
		add(report.Again("--build-host", "local").Note("a remote builder that this machine has is for it"))
	}
	if !native && strings.HasSuffix(n.System, "-linux") {
		add(n.emulation()...)
		if strings.HasSuffix(n.Nix.System, "-linux") && n.System != n.Nix.System && !n.NoCross {
			add(report.Again("--cross"))
		}
	}
	return report.AnyOf(ways...)
}

// emulation is what has the build host run programs of the system: a flag where its kernel does already.
func (n Need) emulation() []report.Remedy {
	where := "on this machine"
	if n.Host != "" {
		where = "on " + n.Host
	}
	switch {
	case slices.Contains(facts.EmulatedSystems(n.Nix.Emulators), n.System):
		return []report.Remedy{report.Again("--emulate")}
	case n.OS == "darwin":
		return linuxBuilder(n.Nix.System, n.System)
	case n.NixOS:
		emulated := report.Line("boot.binfmt.emulatedSystems = [ " + nixexec.NixString(n.System) + " ];")
		return []report.Remedy{emulated.Note(where)}
	default:
		return []report.Remedy{report.Again("--emulate").Note("with qemu-user-static installed " + where)}
	}
}

// moreJobs lets a build host build that is told not to.
func (n Need) moreJobs() report.Remedy {
	if n.Host == "" {
		return report.Again("--max-jobs", "auto")
	}
	return report.Line(`nix.settings.max-jobs = "auto";`).Note("on " + n.Host)
}

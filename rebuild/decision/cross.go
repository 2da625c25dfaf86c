package decision

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Crossing says whether a system is cross-compiled, whatever its configuration says.
type Crossing struct {
	From string // the system that it is built on; empty: no cross build, or Ask
	Ask  bool   // the build host's own system, which is to be found out
}

// Wanted reports whether there is a cross build.
func (c Crossing) Wanted() bool { return c.From != "" || c.Ask }

// findCrossing decides by --cross, else by the hint of the alias. The hint is about the usual way to the host: it says
// nothing about a run that asks for another one (--emulate, --build-host target), nor about one that evaluates
// nothing.
func findCrossing(r request.Request, t *source.Target) (Crossing, error) {
	if f, given := r.Last("--cross"); given {
		if len(f.Values) == 0 {
			return Crossing{Ask: true}, nil
		}
		if f.Values[0] == request.NoCross {
			return Crossing{}, nil
		}
		return Crossing{From: f.Values[0]}, nil
	}
	otherWay := r.Has("--emulate") || r.BuildHostGiven && r.BuildHost == "target"
	if t == nil || t.Hints.Cross == "" || otherWay || !r.Evaluates() || !slices.Contains(request.NativeActions, r.Action) {
		return Crossing{}, nil
	}
	if !nixexec.SystemName.MatchString(t.Hints.Cross) {
		return Crossing{}, &request.UsageError{
			Message: fmt.Sprintf("the hint cross=%s of %q names no system", nixexec.Printable(t.Hints.Cross), t.Host.Name),
			Hint:    "as in: # nixhop: cross=x86_64-linux",
		}
	}
	return Crossing{From: t.Hints.Cross}, nil
}

// refusedSystem refuses --system where it would have no effect: a flake that is evaluated in purity never asks for it.
func refusedSystem(r request.Request, s source.Source) error {
	if !r.Has("--system") || !s.IsFlake() || r.Has("--impure") {
		return nil
	}
	return &request.UsageError{
		Message: "--system has no effect on a flake that is evaluated in purity: it knows no builtins.currentSystem",
		Hint:    "with --impure it has; a flake names the system itself: nixpkgs.hostPlatform = " + nixexec.NixString(r.Value("--system")) + ";",
	}
}

// FindRefusal returns why a configuration cannot be cross-compiled by force, and what to write in it instead. facts
// are what it said when it was to be built on the system from.
func FindRefusal(known source.Facts, from, host string) []report.Finding {
	deaf := len(known.Refused) == 0 && known.BuildSystem != "" && known.BuildSystem != from
	if from == "" || len(known.Refused) == 0 && !deaf {
		return nil
	}
	found := report.Finding{
		Name: "cross-refused", Severity: report.Error, Host: host,
		What: "the configuration takes no other build platform, because of " + strings.Join(known.Refused, " and "),
		Why:  "nixpkgs.buildPlatform has no effect beside it",
	}
	if len(known.Files) > 0 {
		var files []string
		for _, file := range known.Files {
			files = append(files, inSource(file))
		}
		found.Why += "; set in " + report.Listed(files)
	}
	target := known.System
	if target == "" {
		target = "SYSTEM"
	}
	instead := func(what string) report.Remedy {
		return report.Line("nixpkgs.hostPlatform = " + nixexec.NixString(target) + ";").Note("instead of " + what)
	}
	if deaf {
		found.What = fmt.Sprintf("the configuration takes no other build platform: with %q forced it is built on %q all the same", from, known.BuildSystem)
		found.Why = "its packages are not made by nixpkgs.hostPlatform and nixpkgs.buildPlatform"
		found.Remedy = []report.Remedy{instead("_module.args.pkgs, or whatever else gives it its packages")}
		return []report.Finding{found}
	}
	switch known.Refused[0] {
	case "extendModules":
		found.What = "the configuration takes no other build platform: it has no extendModules"
		found.Why = "it was not made by nixosSystem of nixpkgs 21.11 or later, or something took that away"
		found.Remedy = []report.Remedy{report.Line("nixpkgs.buildPlatform = " + nixexec.NixString(from) + ";").Note("in the configuration itself")}
	case "nixpkgs.buildPlatform":
		found.What = "the configuration takes no other build platform: its nixpkgs has no option nixpkgs.buildPlatform"
		found.Why = "that came with NixOS 22.05"
		found.Remedy = []report.Remedy{report.Shell("nix", "flake", "update")}
	case "nixpkgs.pkgs":
		found.Remedy = []report.Remedy{
			instead("nixpkgs.pkgs, which is also what the argument pkgs of nixosSystem sets"),
			report.Line("nixpkgs.config = { };").Note("and nixpkgs.overlays: what pkgs was made with"),
		}
	default:
		found.Remedy = []report.Remedy{instead(strings.Join(known.Refused, " and "))}
	}
	return []report.Finding{found}
}

// inSource is the name of a file within the tree that Nix copied to the store.
func inSource(file string) string {
	rest, stored := strings.CutPrefix(file, "/nix/store/")
	if _, inside, found := strings.Cut(rest, "/"); stored && found {
		return inside
	}
	return file
}

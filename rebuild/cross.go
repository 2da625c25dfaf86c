package rebuild

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// noCross is the value of --cross that takes a hint back.
const noCross = "none"

// systemName is the form of a system: "x86_64-linux".
var systemName = regexp.MustCompile(`^[a-z0-9_]+-[a-z0-9]+$`)

// commonSystems are the systems that are offered where one is to be typed: those that NixOS is built for.
func commonSystems() []string {
	return []string{"aarch64-linux", "x86_64-linux", "riscv64-linux", "armv7l-linux", "i686-linux"}
}

// asSystem reads the value of a flag that takes a system.
func asSystem(flag, value string) (string, error) {
	if systemName.MatchString(value) {
		return value, nil
	}
	return "", &UsageError{Message: fmt.Sprintf("%s takes a system, not %q", flag, value), Hint: "as in: " + flag + "=x86_64-linux"}
}

// Crossing says whether a system is cross-compiled, whatever its configuration says.
type Crossing struct {
	From string // the system that it is built on; empty: no cross build, or Ask
	Ask  bool   // the build host's own system, which is to be found out
}

// Wanted reports whether there is a cross build.
func (c Crossing) Wanted() bool { return c.From != "" || c.Ask }

// FindCrossing decides by --cross, else by the hint of the alias. The hint is about the usual way to the host: it says nothing about a run that
// asks for another one (--emulate, --build-host target), nor about one that evaluates nothing.
func FindCrossing(r Request, t *Target) (Crossing, error) {
	if f, given := r.last("--cross"); given {
		if len(f.Values) == 0 {
			return Crossing{Ask: true}, nil
		}
		if f.Values[0] == noCross {
			return Crossing{}, nil
		}
		return Crossing{From: f.Values[0]}, nil
	}
	otherWay := r.Has("--emulate") || r.BuildHostGiven && r.BuildHost == "target"
	if t == nil || t.Hints.Cross == "" || otherWay || !r.evaluates() || !slices.Contains(nativeActions, r.Action) {
		return Crossing{}, nil
	}
	if !systemName.MatchString(t.Hints.Cross) {
		return Crossing{}, &UsageError{
			Message: fmt.Sprintf("the hint cross=%s of %q names no system", printable(t.Hints.Cross), t.Host.Name),
			Hint:    "as in: # nixhop: cross=x86_64-linux",
		}
	}
	return Crossing{From: t.Hints.Cross}, nil
}

// refusedPlatforms refuses answers to the question of the platform that contradict each other, or that have no question.
func refusedPlatforms(r Request, _ Action) error {
	var given []string
	for _, name := range []string{"--cross", "--emulate", "--system"} {
		if r.Has(name) {
			given = append(given, name)
		}
	}
	if len(given) == 0 {
		return nil
	}
	for _, ready := range []string{"--rollback", "--store-path"} {
		if r.Has(ready) {
			return usageErrorf("%s cannot be used with %s: nothing is built", given[0], ready)
		}
	}
	if r.Has("--cross") && r.Has("--emulate") && r.Value("--cross") != noCross {
		return &UsageError{Message: "--cross cannot be used with --emulate", Hint: "a cross build runs no program of the target's system"}
	}
	return nil
}

// refusedSystem refuses --system where it would have no effect: a flake that is evaluated in purity never asks for it.
func refusedSystem(r Request, s Source) error {
	if !r.Has("--system") || !s.IsFlake() || r.Has("--impure") {
		return nil
	}
	return &UsageError{
		Message: "--system has no effect on a flake that is evaluated in purity: it knows no builtins.currentSystem",
		Hint:    "with --impure it has; a flake names the system itself: nixpkgs.hostPlatform = " + nixString(r.Value("--system")) + ";",
	}
}

// handsOver reports whether nixhop evaluates the configuration although nixos-rebuild does the rest: there is no flag by which any
// nixos-rebuild could be told to change a configuration.
func (j Job) handsOver() bool { return j.Dialect != nil && (j.Cross != "" || j.System != "") }

// FindRefusal returns why a configuration cannot be cross-compiled by force, and what to write in it instead. facts are what it said when it was
// to be built on the system from.
func FindRefusal(facts FlakeFacts, from, host string) []Finding {
	deaf := len(facts.Refused) == 0 && facts.BuildSystem != "" && facts.BuildSystem != from
	if from == "" || len(facts.Refused) == 0 && !deaf {
		return nil
	}
	found := Finding{
		Name: "cross-refused", Severity: Error, Host: host,
		What: "the configuration takes no other build platform, because of " + strings.Join(facts.Refused, " and "),
		Why:  "nixpkgs.buildPlatform has no effect beside it",
	}
	if len(facts.Files) > 0 {
		var files []string
		for _, file := range facts.Files {
			files = append(files, inSource(file))
		}
		found.Why += "; set in " + strings.Join(files, ", ")
	}
	target := facts.System
	if target == "" {
		target = "SYSTEM"
	}
	instead := "nixpkgs.hostPlatform = " + nixString(target) + ";   # instead of "
	if deaf {
		found.What = fmt.Sprintf("the configuration takes no other build platform: with %q forced it is built on %q all the same", from, facts.BuildSystem)
		found.Why = "its packages are not made by nixpkgs.hostPlatform and nixpkgs.buildPlatform"
		found.Remedy = []string{instead + "_module.args.pkgs, or whatever else gives it its packages"}
		return []Finding{found}
	}
	switch facts.Refused[0] {
	case "extendModules":
		found.What = "the configuration takes no other build platform: it has no extendModules"
		found.Why = "it was not made by nixosSystem of nixpkgs 21.11 or later, or something took that away"
		found.Remedy = []string{"nixpkgs.buildPlatform = " + nixString(from) + ";   # in the configuration itself"}
	case "nixpkgs.buildPlatform":
		found.What = "the configuration takes no other build platform: its nixpkgs has no option nixpkgs.buildPlatform"
		found.Why = "that came with NixOS 22.05"
		found.Remedy = []string{"nix flake update"}
	case "nixpkgs.pkgs":
		found.Remedy = []string{
			instead + "nixpkgs.pkgs, which is also what the argument pkgs of nixosSystem sets",
			"nixpkgs.config = { };   # and nixpkgs.overlays: what pkgs was made with",
		}
	default:
		found.Remedy = []string{instead + strings.Join(facts.Refused, " and ")}
	}
	return []Finding{found}
}

// inSource is the name of a file within the tree that Nix copied to the store.
func inSource(file string) string {
	rest, stored := strings.CutPrefix(file, "/nix/store/")
	if _, inside, found := strings.Cut(rest, "/"); stored && found {
		return inside
	}
	return file
}

// unknownBuildSystem says that --cross alone needs a system that nobody told.
func unknownBuildSystem(r Request, why string) error {
	hint := "name it: nixhop " + r.Action
	if len(r.Hosts) > 0 {
		hint += " " + nixexec.Quote(r.Hosts[0].Word)
	}
	return &UsageError{Message: "--cross: " + why, Hint: hint + " --cross=x86_64-linux"}
}

package check

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/generations"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Deployment is what the checks of one host rest on. What does not take part is nil.
type Deployment struct {
	Request   request.Request
	Alias     string // of the host that is deployed; empty: this machine
	Machine   string // the target where it takes part, as ssh takes it
	Builder   string // the build host, likewise; empty: here
	On, At    *facts.Host
	Here      facts.Here
	PublicKey string // the user's own, for the lines that are offered
	Flake     bool   // what is deployed is a flake's
	HostName  string // what ssh reaches by it; empty: it takes no part
	Node      *inventory.Node
	Root      Root
	Stored    *facts.Closure // as in TargetWant
	Checking  bool           // the checks are what the user wants
}

// Root is how root is to be gained on the target.
type Root struct {
	Needed bool        // and not to be had by a password that is asked for before the build
	Ways   []facts.Way // that may be taken; none: the login must be root
	Asked  bool        // a sudo password could be asked for and used

	ByCommands, Rules bool     // as in TargetWant
	Missing           []string // likewise
}

// Machines are the findings about the hosts and about this machine that need no evaluation.
func (d Deployment) Machines() []report.Finding {
	want := d.Local()
	want.Others = d.nixThere()
	found := Here(d.Here, want)
	found = append(found, OtherAddress(d.Alias, d.HostName, d.Node)...)
	if d.On != nil && d.Machine != "" {
		found = append(found, Target(*d.On, d.target())...)
		found = append(found, generations.Missing(d.Machine, d.Request.Generation(), d.On.System)...)
	}
	if d.At != nil {
		found = append(found, BuildHost(*d.At, d.buildHost(source.Facts{}))...)
	}
	return found
}

// Configuration are the findings about what the configuration says of itself: whether it is for this host, and whether
// it can be built where it is to be built, unless that was tried.
func (d Deployment) Configuration(told source.Facts, tried bool) []report.Finding {
	var found []report.Finding
	if d.On != nil && d.Machine != "" {
		want := d.target()
		want.System, want.HostName = told.System, told.HostName
		found = TargetFits(*d.On, want)
	}
	system := told.BuildSystem
	if tried {
		system = ""
	}
	if d.At != nil {
		want := d.buildHost(told)
		want.System = system
		if system != "" && !slices.Contains(d.At.Nix.Platforms(), system) {
			want.Elsewhere = facts.BuilderSystems(request.SettingWords(d.Request))
		}
		return append(found, BuildHostFits(*d.At, want)...)
	}
	want := d.here(told)
	want.System = system
	return append(found, BuildHere(d.Here, want)...)
}

// Emulation is the finding that no program for the system runs in a build on the build host, and why.
func (d Deployment) Emulation(told source.Facts, why string) report.Finding {
	found := report.Finding{
		Name: "emulation", Severity: report.Error, Host: cmp.Or(d.Builder, report.Here),
		What: fmt.Sprintf("no program for %q runs in a build there", told.BuildSystem), Why: why,
	}
	if told.BuildSystem == "" {
		found.What, found.Why = "the configuration does not tell what system it is for", "so nobody knows what is to be emulated"
		return found
	}
	need := d.here(told).Need(d.Here)
	if d.At != nil {
		need = d.buildHost(told).Need(*d.At)
	}
	need.Nix.Emulators, need.Nix.ExtraPlatforms = nil, nil
	found.Remedy = need.Ways()
	return found
}

// Local is what the deployment wants of this machine, but for the hosts' own Nix.
func (d Deployment) Local() HereWant {
	evaluates := d.Request.Evaluates()
	return HereWant{Nix: evaluates, Flake: evaluates && d.Flake, Asked: d.Checking}
}

// here is what the deployment wants of this machine as a build host.
func (d Deployment) here(told source.Facts) HereWant {
	want := d.Local()
	want.For, want.NoCross = told.System, len(told.Refused) > 0
	if d.On != nil {
		want.Target = d.On.System
	}
	return want
}

// nixThere is the Nix of each host that takes part. The target may be the build host.
func (d Deployment) nixThere() []NixThere {
	var there []NixThere
	if d.On != nil {
		there = append(there, NixThere{Host: d.Machine, Version: d.On.Nix.Version})
	}
	if d.At != nil && d.At != d.On {
		there = append(there, NixThere{Host: d.Builder, Version: d.At.Nix.Version})
	}
	return there
}

// target is what the deployment wants of its target. What this machine or the user's own build host made carries no
// signature.
func (d Deployment) target() TargetWant {
	signers := d.Here.Nix.SignsBy
	if d.At != nil {
		signers = d.At.Nix.SignsBy
	}
	return TargetWant{
		Host: d.Machine, Root: d.Root.Needed, Keys: d.Request.Action == request.UploadKeys, Ways: d.Root.Ways, AskPassword: d.Root.Asked, AskLate: !d.Checking,
		ByCommands: d.Root.ByCommands, Rules: d.Root.Rules, Missing: d.Root.Missing,
		Boots:    d.Checking || d.Request.Action == "switch" || d.Request.Action == "boot",
		Unsigned: (d.At == nil || d.At != d.On) && !d.Request.Back() && d.Request.Action != request.UploadKeys, Signers: signers, Built: d.Request.Evaluates(), Stored: d.Stored, PublicKey: d.PublicKey, Now: time.Now(),
	}
}

// buildHost is what the deployment wants of its build host: derivations and their sources are copied there, which need
// no signature, for their names say what is in them.
func (d Deployment) buildHost(told source.Facts) BuildHostWant {
	want := BuildHostWant{Host: d.Builder, Target: d.Alias, For: told.System, NoCross: len(told.Refused) > 0}
	if d.On != nil && d.On != d.At {
		want.TargetSystem = d.On.System
	}
	return want
}

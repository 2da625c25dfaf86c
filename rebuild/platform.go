package rebuild

import (
	"context"
	"slices"
	"strings"

	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
)

// choosePlatform takes over what the command line and the alias's hint say of the platform.
func (d *deployment) choosePlatform() error {
	if err := plan.RefusedSystem(d.request, d.source); err != nil {
		return err
	}
	var err error
	if d.crossing, err = plan.FindCrossing(d.request, d.target); err != nil {
		return err
	}
	d.job.Cross, d.job.System = d.crossing.From, d.request.Value("--system")
	if d.crossing.Wanted() {
		d.job.Request = plan.KeepingLock(d.job.Request)
	}
	return nil
}

// settleCrossing fills in the build host's own system for a --cross that names none.
func (d *deployment) settleCrossing() error {
	if !d.crossing.Ask {
		return nil
	}
	system := d.buildNix().System
	switch {
	case system == "":
		return unknownBuildSystem(d.request, "the build host does not tell its system")
	case !strings.HasSuffix(system, "-linux"):
		return unknownBuildSystem(d.request, "NixOS is not cross-compiled from "+system)
	}
	d.job.Cross = system
	return nil
}

// planPlatform settles for a plan, for which no host is contacted, what a run finds out on the way.
func (d *deployment) planPlatform(ctx, background context.Context) error {
	if d.crossing.Ask && d.job.Build != nil {
		return unknownBuildSystem(d.request, "a plan asks no host for its system")
	}
	if !d.crossing.Ask && !d.request.Has("--emulate") {
		return nil
	}
	d.lookHere(background)
	if err := d.settleCrossing(); err != nil {
		return err
	}
	if !d.request.Has("--emulate") {
		return nil
	}
	if err := d.lookUpFacts(ctx, background); err != nil {
		return err
	}
	if d.job.Build != nil || !slices.Contains(d.buildNix().Platforms(), d.facts.BuildSystem) {
		d.job.Emulate = d.facts.BuildSystem
	}
	return nil
}

// buildNix is what the Nix of the build host says of itself.
func (d *deployment) buildNix() facts.Nix {
	switch {
	case d.at != nil:
		return d.at.facts.Nix
	case d.here != nil && d.job.Build == nil:
		return d.here().Nix
	default:
		return facts.Nix{}
	}
}

// buildHost is the build host's name in findings.
func (d *deployment) buildHost() string {
	if d.job.Build == nil {
		return check.HereName
	}
	return d.job.Build.Host.String()
}

// checkPlatform finds out whether the configuration can be built as the command line wants it: cross-compiled, or emulated.
func (d *deployment) checkPlatform(ctx context.Context) {
	host := d.buildHost()
	if d.target != nil {
		host = d.target.Host.String()
	}
	d.found = append(d.found, plan.FindRefusal(d.facts, d.job.Cross, host)...)
	if d.request.Has("--emulate") {
		d.found = append(d.found, d.tryEmulation(ctx)...)
	}
}

// toBuild is the system whose builds are still to be checked: none where that was tried.
func (d *deployment) toBuild() string {
	if d.emulated != facts.Unsaid {
		return ""
	}
	return d.facts.BuildSystem
}

// manner says for people how the system is built, where that is not the ordinary way, or was asked for.
func (d *deployment) manner() string {
	if d.job.Cross != "" && d.job.Cross != d.facts.System {
		return ", cross-compiled from " + d.job.Cross + " for " + d.facts.System
	}
	asked := d.job.Cross != "" || d.job.System != "" || d.request.Has("--emulate")
	switch m := facts.FindManner(d.buildNix(), d.facts.BuildSystem); {
	case m == "" && d.emulated == facts.Yes, m == facts.Emulated:
		return ", emulated for " + d.facts.BuildSystem
	case m == facts.ByRemoteBuilder:
		return ", by a remote builder for " + d.facts.BuildSystem
	case m == facts.Natively && asked:
		return ", natively"
	}
	return ""
}

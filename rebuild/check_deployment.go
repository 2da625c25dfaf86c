package rebuild

import (
	"slices"
	"time"

	"nixhop/rebuild/check"
	"nixhop/rebuild/request"
)

// checkMachines turns into findings what was found out about the hosts and about this machine. It needs no evaluation.
func (d *deployment) checkMachines() {
	want := d.hereWant()
	want.Others = d.nixThere()
	d.found = append(d.found, check.CheckHere(d.here(), want)...)
	if d.on != nil && d.job.Target != nil {
		d.found = append(d.found, check.CheckTarget(d.on.facts, d.targetWant())...)
	}
	if d.at != nil {
		d.found = append(d.found, check.CheckBuildHost(d.at.facts, d.buildHostWant())...)
	}
}

// checkConfiguration turns into findings what the configuration says of itself: whether it is for this host, and whether it can be
// built where it is to be built.
func (d *deployment) checkConfiguration() {
	if d.on != nil && d.job.Target != nil {
		want := d.targetWant()
		want.System = d.facts.System
		if !d.confirmed {
			want.HostName = d.facts.HostName
		}
		d.found = append(d.found, check.CheckTargetFits(d.on.facts, want)...)
	}
	switch {
	case d.at != nil:
		want := d.buildHostWant()
		want.System = d.toBuild()
		if want.System != "" && !slices.Contains(d.at.facts.Nix.Platforms(), want.System) {
			want.Elsewhere = d.builderSystemsHere()
		}
		d.found = append(d.found, check.CheckBuildHostFits(d.at.facts, want)...)
	case d.here != nil:
		want := d.buildHereWant()
		want.System = d.toBuild()
		d.found = append(d.found, check.CheckBuildHere(d.here(), want)...)
	}
}

func (d *deployment) targetWant() check.TargetWant {
	return check.TargetWant{
		Host: d.on.machine.Host.String(), Root: d.needsRoot() && !d.wantsPassword, Ways: d.ways(),
		AskPassword: d.asksPassword(), AskLate: !d.checking, Unsigned: d.copiesUnsigned(), PublicKey: check.PublicKey(d.on.machine.Endpoint), Now: time.Now(),
	}
}

func (d *deployment) buildHostWant() check.BuildHostWant {
	want := check.BuildHostWant{Host: d.at.machine.Host.String(), Unsigned: true}
	if d.target != nil {
		want.Target = d.target.Host.String()
	}
	want.For, want.NoCross = d.facts.System, len(d.facts.Refused) > 0
	if d.on != nil && d.on != d.at {
		want.TargetSystem = d.on.facts.System
	}
	return want
}

// buildHereWant is what the deployment wants of this machine as a build host.
func (d *deployment) buildHereWant() check.HereWant {
	want := d.hereWant()
	want.For, want.NoCross = d.facts.System, len(d.facts.Refused) > 0
	if d.on != nil {
		want.Target = d.on.facts.System
	}
	return want
}

// needsRoot reports whether the action changes something that is root's on the target.
func (d *deployment) needsRoot() bool {
	return slices.Contains(request.ContactActions, d.request.Action)
}

// asksPassword reports whether nixos-rebuild itself asks for the password of sudo, or a deployment would that is only checked.
func (d *deployment) asksPassword() bool {
	if d.checking {
		return d.session.Interactive && d.request.Engine != request.EngineNixosRebuild
	}
	return d.job.Dialect != nil && d.session.Interactive && d.request.Has("--ask-elevate-password")
}

// copiesUnsigned reports whether a system that was built elsewhere is copied to the target: what this machine or the user's own
// build host made carries no signature.
func (d *deployment) copiesUnsigned() bool {
	return !d.place.Target && !d.request.Has("--rollback")
}

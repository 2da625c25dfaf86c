package rebuild

import (
	"time"
)

// checkMachines turns into findings what was found out about the hosts and about this machine. It needs no evaluation.
func (d *deployment) checkMachines() {
	d.found = append(d.found, CheckHere(d.here(), d.hereWant())...)
	if d.on != nil && d.job.Target != nil {
		d.found = append(d.found, CheckTarget(d.on.facts, d.targetWant())...)
	}
	if d.at != nil {
		d.found = append(d.found, CheckBuildHost(d.at.facts, d.buildHostWant())...)
	}
}

// checkConfiguration turns into findings what the configuration says of itself: whether it is for this host, and whether it can be
// built where it is to be built.
func (d *deployment) checkConfiguration() {
	if d.on != nil && d.job.Target != nil {
		want := d.targetWant()
		want.HostName, want.System = d.facts.HostName, d.facts.System
		d.found = append(d.found, CheckTargetFits(d.on.facts, want)...)
	}
	switch {
	case d.at != nil:
		want := d.buildHostWant()
		want.System = d.facts.BuildSystem
		d.found = append(d.found, CheckBuildHostFits(d.at.facts, want)...)
	case d.here != nil:
		want := d.hereWant()
		want.System = d.facts.BuildSystem
		if d.on != nil {
			want.Target = d.on.facts.System
		}
		d.found = append(d.found, CheckBuildHere(d.here(), want)...)
	}
}

func (d *deployment) targetWant() TargetWant {
	return TargetWant{
		Host: d.on.machine.Host.String(), Action: d.request.Action, Root: d.needsRoot() && !d.wantsPassword,
		AskPassword: d.asksPassword(), Unsigned: d.copiesUnsigned(), PublicKey: publicKey(d.on.machine.Endpoint), Now: time.Now(),
	}
}

func (d *deployment) buildHostWant() BuildHostWant {
	want := BuildHostWant{Host: d.at.machine.Host.String(), Action: d.request.Action, Unsigned: true}
	if d.target != nil {
		want.Target = d.target.Host.String()
	}
	return want
}

// needsRoot reports whether the action changes something that is root's on the target.
func (d *deployment) needsRoot() bool {
	switch d.request.Action {
	case "switch", "boot", "test", "dry-activate":
		return true
	}
	return false
}

// asksPassword reports whether nixos-rebuild itself asks for the password of sudo, or a deployment would that is only checked.
func (d *deployment) asksPassword() bool {
	if d.checking {
		return d.session.Interactive && d.request.Engine != EngineNixosRebuild
	}
	return d.job.Dialect != nil && d.session.Interactive && d.request.Has("--ask-elevate-password")
}

// copiesUnsigned reports whether a system that was built elsewhere is copied to the target: what this machine or the user's own
// build host made carries no signature.
func (d *deployment) copiesUnsigned() bool {
	return !d.place.Target && !d.request.Has("--rollback")
}

// elevation is what stands in front of a command that needs root: sudo, or doas where there is only that. It never asks:
// whether it works without a password was found out before.
func elevation(e Elevation) []string {
	if e.DoasFree == Yes && e.SudoFree != Yes || e.Sudo == "" && e.Doas != "" {
		return []string{"doas", "-n"}
	}
	return []string{"sudo", "-n"}
}

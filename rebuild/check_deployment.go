package rebuild

import (
	"time"
)

// check turns the facts into findings, and the login into the words that gain root.
func (d *deployment) check() {
	r := d.request
	if c := d.on; c != nil && d.job.Target != nil {
		alias := c.machine.Host.String()
		d.found = append(d.found, CheckTarget(c.facts, TargetWant{
			Host: alias, Action: r.Action, Root: d.needsRoot() && d.password == "", AskPassword: d.asksPassword(), Unsigned: d.copiesUnsigned(),
			HostName: d.facts.HostName, System: d.facts.System, PublicKey: publicKey(c.machine.Endpoint), Now: time.Now(),
		})...)
	}
	if c := d.at; c != nil {
		want := BuildHostWant{Host: c.machine.Host.String(), Action: r.Action, System: d.facts.BuildSystem, Unsigned: true}
		if d.target != nil {
			want.Target = d.target.Host.String()
		}
		d.found = append(d.found, CheckBuildHost(c.facts, want)...)
	}
}

// needsRoot reports whether the action changes something that is root's on the target.
func (d *deployment) needsRoot() bool {
	switch d.request.Action {
	case "switch", "boot", "test", "dry-activate":
		return true
	}
	return false
}

// asksPassword reports whether nixos-rebuild itself asks for the password of sudo.
func (d *deployment) asksPassword() bool {
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

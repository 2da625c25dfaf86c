package rebuild

import (
	"context"

	"nixhop/rebuild/check"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// locate asks ssh what the names of a host mean, and stops where something is wrong that no look at the host could
// mend.
func (r *Run) locate(ctx context.Context, p Placed) (Located, error) {
	l := Located{Placed: p}
	if p.Target != nil {
		l.Found = append(check.NoFlake(p.target(), p.Source, p.Request, r.Dir), check.Unread(p.target(), r.inventory.Unread(p.Target.Host.Name))...)
	}
	if request.Stops(l.Found, p.Request) {
		return l, r.report(p, l.Found)
	}
	// What nixos-rebuild builds for a --target-host it copies there; of a dry run there is nothing to copy
	// (nixpkgs#444156).
	contact := decision.NeedsRoot(p.Request.Action) || p.Request.TargetHostFlag && p.Request.Action != "dry-build"
	var target *decision.Machine
	var err error
	if p.Target != nil && (contact || p.Place.Target) {
		target, err = r.machine(ctx, p, p.Target.Host)
	}
	if contact {
		l.Machine = target
	}
	switch {
	case p.Place.Target:
		l.Builder = target
	case !p.Place.Here && err == nil:
		l.Builder, err = r.machine(ctx, p, p.Place.Host)
	}
	if err == nil && r.wish.Expect != nil {
		l.Expected, err = r.machine(ctx, p, *r.wish.Expect)
	}
	if err == nil {
		_, err = r.net.SSHOpts(l.Machine, l.Builder)
	}
	if err != nil {
		return l, err
	}
	sketch, found, err := decision.Decide(r.known(l, nil, nil))
	if err == nil && request.Stops(found, p.Request) {
		err = r.report(p, append(l.Found, found...))
	}
	l.Sketch = sketch
	return l, err
}

// machine asks ssh what a host means. What ssh refuses is a finding about the host.
func (r *Run) machine(ctx context.Context, p Placed, h sshcfg.Host) (*decision.Machine, error) {
	m, err := r.net.Machine(ctx, h)
	if refused, is := check.Refused(h.String(), err); is {
		return nil, r.report(p, []report.Finding{refused})
	}
	return m, err
}

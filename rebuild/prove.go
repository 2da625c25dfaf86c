package rebuild

import (
	"context"

	"nixhop/rebuild/phase"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// rollOut activates hosts in waves, each of which is proved before the next one begins.
func (r *Run) rollOut(ctx context.Context, hosts []Copied) []Healthy {
	order := phase.Rollout[Copied, Activated, Healthy]{
		Order: r.rollout.Order, Waves: r.waves, Say: r.Say, Activate: r.activate, Prove: r.proved,
	}
	return order.Go(ctx, r.tally, hosts)
}

// proved are the hosts that are healthy, where somebody has said what that means, and all where nobody has.
func (r *Run) proved(ctx context.Context, hosts []Activated) (healthy []Healthy) {
	if r.rollout.Health.Wanted() {
		return each(ctx, r, report.PhaseHealth, r.rollout.Order.AtATime(), hosts, r.prove)
	}
	for _, a := range hosts {
		healthy = append(healthy, Healthy{a})
	}
	return healthy
}

// prove waits until a host is healthy.
func (r *Run) prove(ctx context.Context, a Activated) (Healthy, error) {
	if a.Proved {
		return Healthy{a}, nil
	}
	return Healthy{a}, remote.Prove(ctx, r.rollout.Health, a.Link, a.Name(), a.System)
}

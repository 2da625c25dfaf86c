package rebuild

import (
	"context"
	"slices"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
)

// rollOut activates hosts, one wave after another, and asks each whether it is healthy before the next wave begins.
// Ctrl-C lets those that have begun come to their end.
func (r *Run) rollOut(ctx context.Context, hosts []Copied) (healthy []Healthy) {
	for i, names := range r.waves {
		var wave []Copied
		for _, c := range hosts {
			if slices.Contains(names, c.Name()) {
				wave = append(wave, c)
			}
		}
		if len(wave) > 0 && len(healthy) > 0 && !r.tally.Enough() {
			r.pause(ctx)
		}
		well := r.wave(ctx, wave)
		healthy = append(healthy, well...)
		if canary := i == 0 && r.rollout.Order.Canary != ""; canary && len(well) < len(names) {
			r.tally.Halt()
		}
	}
	return healthy
}

// wave activates some hosts side by side.
func (r *Run) wave(ctx context.Context, hosts []Copied) []Healthy {
	patient, stop := ctx, func() {}
	if !r.alone {
		patient, stop = nixexec.Patient(ctx, func() {
			r.Say.Warn("stopping: what is being activated is finished first; press Ctrl-C again to leave it alone now")
		})
	}
	defer stop()
	active := each(ctx, r, report.PhaseActivate, r.rollout.Order.AtATime(), hosts, func(_ context.Context, c Copied) (Activated, error) {
		return r.activate(patient, c)
	})
	return r.proved(ctx, active)
}

// proved are the hosts that are healthy, where somebody has said what that means, and all where nobody has.
func (r *Run) proved(ctx context.Context, hosts []Activated) []Healthy {
	if !r.rollout.Health.Wanted() {
		healthy := make([]Healthy, len(hosts))
		for i, a := range hosts {
			healthy[i] = Healthy{a}
		}
		return healthy
	}
	return each(ctx, r, report.PhaseHealth, r.rollout.Order.AtATime(), hosts, r.prove)
}

// prove waits until a host is healthy.
func (r *Run) prove(ctx context.Context, a Activated) (Healthy, error) {
	return Healthy{a}, remote.Prove(ctx, r.rollout.Health, a.Link, a.Name(), a.System)
}

// pause waits between two waves.
func (r *Run) pause(ctx context.Context) {
	if r.rollout.Order.Pause == 0 {
		return
	}
	r.Say.Info("the next wave begins in " + r.rollout.Order.Pause.String())
	select {
	case <-ctx.Done():
	case <-time.After(r.rollout.Order.Pause):
	}
}

// wavesOf divides the hosts of a run; the canary may be named as typed, or as ssh knows it.
func wavesOf(order rollout.Order, hosts []Placed) ([][]string, error) {
	names := make([]string, len(hosts))
	for i, p := range hosts {
		names[i] = p.Name()
		if p.Target != nil && p.Target.Selector.Host == order.Canary {
			order.Canary = names[i]
		}
	}
	waves, err := order.Waves(names)
	if err != nil {
		return nil, &request.UsageError{Message: "--canary: " + err.Error(), Hint: "it takes one of them, or how many of the first: --canary 1"}
	}
	return waves, nil
}

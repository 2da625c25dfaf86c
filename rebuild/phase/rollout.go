package phase

import (
	"context"
	"slices"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/rollout"
)

// Rollout takes hosts through their activation, one wave after another.
type Rollout[In, Active, Out Host] struct {
	Order    rollout.Order
	Waves    [][]string // names of all hosts of the run, as Order.Waves has them
	Say      report.Sink
	Activate func(context.Context, In) (Active, error)
	Prove    func(context.Context, []Active) []Out // the hosts of a wave that are healthy
}

// Go activates hosts, and has those of a wave proved before the next one begins. Where a canary fails nothing further
// is begun. Ctrl-C lets what has begun come to its end.
func (o Rollout[In, Active, Out]) Go(ctx context.Context, t *Tally, hosts []In) (proved []Out) {
	for i, names := range o.Waves {
		wave := slices.DeleteFunc(slices.Clone(hosts), func(h In) bool { return !slices.Contains(names, h.Name()) })
		if len(wave) > 0 && len(proved) > 0 && !t.Enough() {
			o.pause(ctx)
		}
		well := o.wave(ctx, t, wave)
		proved = append(proved, well...)
		if canary := i == 0 && o.Order.Canary != ""; canary && len(well) < len(names) {
			t.Halt()
		}
	}
	return proved
}

// wave activates some hosts side by side.
func (o Rollout[In, Active, Out]) wave(ctx context.Context, t *Tally, hosts []In) []Out {
	patient, stop := ctx, func() {}
	if !t.alone {
		patient, stop = nixexec.Patient(ctx, func() {
			o.Say.Warn("stopping: what is being activated is finished first; press Ctrl-C again to leave it alone now")
		})
	}
	defer stop()
	do := func(_ context.Context, h In) (Active, error) { return o.Activate(patient, h) }
	return o.Prove(ctx, Each(ctx, t, o.Say, report.PhaseActivate, o.Order.AtATime(), hosts, do))
}

// pause waits between two waves.
func (o Rollout[In, Active, Out]) pause(ctx context.Context) {
	if o.Order.Pause == 0 {
		return
	}
	o.Say.Info("the next wave begins in " + o.Order.Pause.String())
	select {
	case <-ctx.Done():
	case <-time.After(o.Order.Pause):
	}
}

package rebuild

import (
	"context"

	"nixhop/rebuild/keys"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
)

// uploadKeys sends the keys of hosts, and does nothing else.
func (r *Run) uploadKeys(ctx context.Context, hosts []Placed) error {
	_, connected, err := r.connected(ctx, hosts)
	if err != nil {
		return err
	}
	decided := r.apart(each(ctx, r, report.PhaseDecide, checks, connected, r.decide))
	sent := each(ctx, r, report.PhaseActivate, checks, decided, func(ctx context.Context, d Decided) (Decided, error) {
		return d, keys.Upload(ctx, r.performer(Checked{Told: Told{Decided: d}}), d.Target.Of())
	})
	return phase.Outcome(r.tally, sent)
}

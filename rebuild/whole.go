package rebuild

import (
	"context"

	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// whole lets a nixos-rebuild do all that is left, for one host, and says what came of it where it failed.
func (r *Run) whole(ctx context.Context, c Checked) (Activated, error) {
	steps, err := plan.Whole(r.job(c))
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Activated{c}, err
	}
	if _, err := r.derivation(ctx, c); err != nil {
		return Activated{c}, err
	}
	r.announce(c)
	p := r.performer(c)
	if err := p.Keep(ctx, "deployment"); err != nil {
		return Activated{c}, err
	}
	heard, err := p.TakeAll(ctx, steps, plan.Results{})
	if err == nil {
		return Activated{c}, p.Success(ctx)
	}
	most, told := r.explain(c.Told, heard, err)
	err = remote.Hidden(err, most.Status)
	return Activated{c}, p.WholeFailure(ctx, err, heard.Phase() == report.PhaseActivate, told)
}

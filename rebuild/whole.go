package rebuild

import (
	"context"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
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
	r.announce(c)
	if err := r.keep(ctx, c, "deployment"); err != nil {
		return Activated{c}, err
	}
	heard, err := r.performer(c).TakeAll(ctx, steps, plan.Results{})
	if err == nil {
		return Activated{c}, r.seen(ctx, c)
	}
	activating := heard.Phase() == report.PhaseActivate
	most, told := r.explain(c.Told, heard, err)
	err = remote.Hidden(err, most.Status)
	switch {
	case nixexec.Interrupted(err) && c.Link != nil && c.needsRoot() && c.Request.Action != "dry-activate":
		r.after(c).Stopped(ctx)
	case nixexec.Interrupted(err) && activating:
		r.Say.Warn(r.teller(c.Located).GoesOn())
	case !(told && activating):
		err = r.aftermath(ctx, c, err)
	}
	return Activated{c}, err
}

// seen looks whether the target runs what a nixos-rebuild says it has deployed there.
func (r *Run) seen(ctx context.Context, c Checked) error {
	if c.Link == nil || c.Request.Action != "switch" {
		return nil
	}
	return r.after(c).Success(ctx, !c.Request.Has("--specialisation") && facts.ProfilePath(c.Request.Value("--profile-name")) == facts.ProfilePath(""))
}

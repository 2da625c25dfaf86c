package rebuild

import (
	"context"
	"fmt"
	"slices"

	"nixhop/rebuild/beside"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/preview"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/request"
)

// copy brings the built system to where it is activated, or to where it is linked to, and asks there what the
// activation would change, where that is wanted, and whether its keys can be written; its profiles come there, too.
func (r *Run) copy(ctx context.Context, b Built) (c Copied, err error) {
	c = Copied{Built: b}
	if err = r.bring(ctx, b); err == nil && b.Request.Previews() && !b.Unchanged {
		c.preview, err = preview.Of(ctx, r.performer(b.Checked), b.System)
	}
	if err == nil {
		c.beside, err = beside.Prepare(ctx, r.performer(b.Checked), b.Target.Of())
	}
	return c, err
}

// bring copies the system. Where a build host's own copy fails, it goes by the way through here.
func (r *Run) bring(ctx context.Context, b Built) error {
	c := b.Checked
	activates := slices.Contains(request.ContactActions, c.Request.Action)
	if b.Unchanged || activates && decision.Has(c.On, b.System) {
		return nil
	}
	p, results := r.performer(c), plan.Results{"toplevel": b.System}
	if err := p.Keep(ctx, "copy"); err != nil {
		return err
	}
	heard, err := p.TakeAll(ctx, plan.Copy(p.Job), results)
	if c.Between != nil && remote.FailedThere(err) {
		r.say(c.Placed).Warn(fmt.Sprintf("%s could not copy what it has built to %s; copying through here", c.Builder.Host.Name, c.Machine.Host.Name))
		p.Job.Between = nil
		heard, err = p.TakeAll(ctx, plan.Copy(p.Job), results)
	}
	if err != nil {
		return r.stepFailed(c, heard, results, err)
	}
	if !activates {
		r.say(c.Placed).PrintSystem(b.System)
	}
	return nil
}

package rebuild

import (
	"context"
	"fmt"
	"slices"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/request"
)

// copy brings the built system to where it is activated, or to where it is linked to. Where a build host's own copy
// fails, it goes by the way through here.
func (r *Run) copy(ctx context.Context, b Built) (Copied, error) {
	c := b.Checked
	activates := slices.Contains(request.ContactActions, c.Request.Action)
	if b.Unchanged || activates && decision.Has(c.On, b.System) {
		return Copied{Built: b}, nil
	}
	p, results := r.performer(c), plan.Results{"toplevel": b.System}
	if err := p.Keep(ctx, "copy"); err != nil {
		return Copied{Built: b}, err
	}
	heard, err := p.TakeAll(ctx, plan.Copy(p.Job), results)
	if c.Between != nil && remote.FailedThere(err) {
		r.say(c.Placed).Warn(fmt.Sprintf("%s could not copy what it has built to %s; copying through here", c.Builder.Host.Name, c.Machine.Host.Name))
		p.Job.Between = nil
		heard, err = p.TakeAll(ctx, plan.Copy(p.Job), results)
	}
	if err != nil {
		return Copied{Built: b}, r.stepFailed(c, heard, results, err)
	}
	if !activates {
		r.say(c.Placed).PrintSystem(b.System)
	}
	return Copied{Built: b}, nil
}

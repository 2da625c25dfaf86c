package rebuild

import (
	"cmp"
	"context"
	"errors"

	"nixhop/rebuild/explain"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/reboot"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// activate activates the system on its host between what comes before it and what comes behind: keys and profiles.
func (r *Run) activate(ctx context.Context, c Copied) (Activated, error) {
	done := Activated{Checked: c.Checked, System: c.System, Unchanged: c.Unchanged}
	if err := c.beside.Before(ctx); err != nil {
		return done, err
	}
	proved, err := r.system(ctx, c)
	booted, err := reboot.Behind(ctx, r.performer(c.Checked), c.System, c.beside.After(ctx, err))
	done.Proved, done.Unchanged = proved && !booted, done.Unchanged && !booted
	return done, c.beside.Again(ctx, booted, err)
}

// system activates a system, and says what came of it: also whether its guard has proved it.
func (r *Run) system(ctx context.Context, c Copied) (proved bool, err error) {
	p := r.performer(c.Checked)
	if c.Unchanged {
		return false, p.Stands(ctx, c.System)
	}
	p = p.Guarded(ctx)
	step, wanted := plan.Activate(p.Job)
	if !wanted {
		return false, nil
	}
	outcome, heard, err := p.Activate(ctx, step, plan.Results{"toplevel": c.System})
	if heard == nil {
		return false, err
	}
	text, result := p.Teller.Outcome(p.Blame(ctx, outcome), c.System)
	p.Say.Changed(outcome.Change(c.Request.Action, p.Before.System))
	r.say(c.Placed).PrintSystem(outcome.Deployed(c.System, result))
	switch {
	case !outcome.Known():
		r.explain(c.Told, heard, err, "ssh-lost")
		return false, p.Failure(ctx, err)
	case result == report.Done:
		p.Say.Info(text)
		return outcome.Closed || outcome.Inhibited != "", nil
	}
	r.explain(c.Told, heard, err, explain.ExitRow, "switch-err") // which the outcome says anyway
	return false, &remote.OutcomeError{Result: result, Err: errors.New(text)}
}

// whole lets a nixos-rebuild do all that is left, for one host, and says what came of it where it failed.
func (r *Run) whole(ctx context.Context, c Checked) (Activated, error) {
	var results plan.Results
	steps, err := plan.Whole(r.job(c))
	if err = cmp.Or(err, context.Cause(ctx)); err == nil {
		results, err = r.derivation(ctx, c)
	}
	if err != nil {
		return Activated{Checked: c}, err
	}
	r.announce(c)
	p := r.performer(c)
	if err := p.Keep(ctx, "deployment"); err != nil {
		return Activated{Checked: c}, err
	}
	p = p.Armed(ctx)
	heard, err := p.TakeAll(ctx, steps, results)
	if err == nil {
		_, err := reboot.Behind(ctx, p, "", p.Success(ctx))
		return Activated{Checked: c}, err
	}
	most, told := r.explain(c.Told, heard, err)
	err = remote.Hidden(err, most.Status)
	return Activated{Checked: c}, p.WholeFailure(ctx, err, heard.Phase() == report.PhaseActivate, told)
}

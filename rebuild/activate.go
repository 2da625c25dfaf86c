package rebuild

import (
	"cmp"
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
)

// activate activates the system on its host, and says what came of it.
func (r *Run) activate(ctx context.Context, c Copied) (Activated, error) {
	done := Activated{c.Checked}
	step, wanted := plan.Activate(r.job(c.Checked))
	if !wanted {
		return done, nil
	}
	if err := context.Cause(ctx); err != nil {
		r.fail("nothing was activated " + c.where() + ": the run was stopped")
		return done, &remote.StepError{Step: step, Err: err}
	}
	outcome, heard, err := r.performer(c.Checked).Activate(ctx, step, plan.Results{"toplevel": c.System})
	if c.Link != nil && !outcome.Known() && remote.LinkLost(err) {
		r.warn("the connection was lost during the activation " + c.where() + ", which goes on without it; connecting again to learn how it ends")
		outcome, err = c.Link.Await(ctx, r.net.Name(), r.somebody(), err)
	}
	if err != nil {
		r.explain(c.Told, heard, err, concluded(outcome)...)
	}
	switch {
	case errors.Is(err, remote.ErrNotReached):
		r.fail(r.teller(c.Located).Unknown())
		return done, cmp.Or(context.Cause(ctx), err)
	case err != nil && !nixexec.Interrupted(err) && !outcome.Known():
		return done, r.aftermath(ctx, c.Checked, err)
	}
	system := c.System
	if c.Request.Has("--rollback") && (outcome.Status == 0 || outcome.Status == facts.UnitsFailed) {
		system = cmp.Or(outcome.Profile, outcome.Current) // what is the one before only the host knew
	}
	r.printSystem(system)
	return done, r.conclude(c.Checked, outcome, err)
}

// concluded are the explanations of an activation that its outcome says anyway.
func concluded(o remote.Outcome) []string {
	if o.Known() {
		return []string{explain.ExitRow, "switch-err"}
	}
	return []string{"ssh-lost"}
}

// conclude says what came of an activation that was seen to its end.
func (r *Run) conclude(c Checked, outcome remote.Outcome, err error) error {
	text, result := r.teller(c.Located).Outcome(outcome)
	switch {
	case err == nil:
		r.info(text)
		return nil
	case nixexec.Interrupted(err):
		r.warnActivating(c.Located)
		return err
	default:
		return &remote.OutcomeError{Result: result, Err: errors.New(text)}
	}
}

// warnActivating says that a run that the user has stopped has left an activation behind, which goes on.
func (r *Run) warnActivating(l Located) {
	r.warn("the activation " + l.where() + " is not ended by this; see how it goes: " + r.teller(l).Journal)
}

// teller puts what came of an activation on the host into words.
func (r *Run) teller(l Located) remote.Teller {
	word := ""
	if l.Target != nil {
		word = l.Target.Selector.Word
	}
	return remote.NewTeller(l.Machine, word, l.call())
}

// aftermath says what a run that failed has changed on its target, which a nixos-rebuild does not tell and a lost
// connection cannot, and returns its error.
func (r *Run) aftermath(ctx context.Context, c Checked, err error) error {
	if c.Link == nil || !c.needsRoot() || c.Request.Action == "dry-activate" {
		return err
	}
	after := remote.After{
		Link: c.Link, Query: r.look.roles[c.Machine], Before: *c.On, Teller: r.teller(c.Located), Somebody: r.somebody(),
		Warn: r.warn, Fail: r.fail,
	}
	return after.Failure(ctx, err)
}

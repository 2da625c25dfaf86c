package rebuild

import (
	"cmp"
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// activate activates the system on its host, and says what came of it.
func (r *Run) activate(ctx context.Context, c Copied) (Activated, error) {
	done := Activated{c.Checked}
	step, wanted := plan.Activate(r.job(c.Checked))
	if !wanted {
		return done, nil
	}
	if err := context.Cause(ctx); err != nil {
		r.Say.Fail("nothing was activated " + c.where() + ": the run was stopped")
		return done, &remote.StepError{Step: step, Err: err}
	}
	if err := r.keep(ctx, c.Checked, "activation"); err != nil {
		return done, err
	}
	outcome, heard, err := r.performer(c.Checked).Activate(ctx, step, plan.Results{"toplevel": c.System}, r.net.Name())
	if nixexec.Interrupted(err) {
		r.stopped(ctx, c, outcome)
		return done, err
	}
	if c.Link != nil && c.Decision.Commands == nil && remote.LinkLost(err) {
		r.Say.Warn("the connection was lost during the activation " + c.where() + ", which goes on without it; connecting again to learn how it ends")
		var unheard error
		if outcome, unheard = c.Link.Await(ctx, r.net.Name(), r.somebody()); unheard != nil {
			r.Say.Fail(r.teller(c.Located).Unknown(cmp.Or(context.Cause(ctx), unheard)))
			return done, cmp.Or(context.Cause(ctx), err)
		}
	}
	text, result := r.teller(c.Located).Outcome(outcome, c.System)
	switch {
	case !outcome.Known():
	case c.System != "":
		r.printSystem(c.System)
	case result == report.Done || result == report.Units:
		r.printSystem(outcome.Toplevel) // what is the generation before only the host knew
	}
	switch {
	case outcome.Known() && result == report.Done:
		r.Say.Info(text)
		return done, nil
	case outcome.Known():
		r.explain(c.Told, heard, err, explain.ExitRow, "switch-err") // which the outcome says anyway
		return done, &remote.OutcomeError{Result: result, Err: errors.New(text)}
	}
	r.explain(c.Told, heard, err, "ssh-lost")
	return done, r.aftermath(ctx, c.Checked, err)
}

// stopped says what has become of an activation in which the user has stopped the run: what the host tells now, and not
// what was last heard of it.
func (r *Run) stopped(ctx context.Context, c Copied, outcome remote.Outcome) {
	if c.Decision.Commands != nil { // nothing of them is left on the host to be asked for
		r.Say.Warn(r.teller(c.Located).GoesOn())
		return
	}
	if c.Link != nil {
		var err error
		if outcome, err = c.Link.Look(ctx, r.net.Name()); err != nil {
			r.Say.Fail(r.teller(c.Located).Unknown(err))
			return
		}
	}
	switch {
	case outcome.Known():
		text, _ := r.teller(c.Located).Outcome(outcome, c.System)
		r.Say.Warn(text)
	case outcome.Begun && outcome.Rest:
		r.Say.Warn("the activation " + c.where() + " was ended there before it was through; see: " + r.teller(c.Located).Journal)
	case outcome.Begun || c.Link != nil && !outcome.Rest:
		r.Say.Warn(r.teller(c.Located).GoesOn())
	default:
		r.Say.Fail("nothing was activated " + c.where() + ": the run was stopped")
	}
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
	err = r.after(c).Failure(ctx, err)
	var outcome *remote.OutcomeError
	if errors.As(err, &outcome) && c.Decision.Engine == nil {
		outcome.Child = 0 // the child is ssh, and its status none of ours
	}
	return err
}

// after is what finds out how a target is different from before.
func (r *Run) after(c Checked) remote.After {
	return remote.After{
		Link: c.Link, Query: r.look.roles[c.Machine], Before: *c.On, Teller: r.teller(c.Located), Somebody: r.somebody(),
		Warn: r.Say.Warn, Fail: r.Say.Fail,
	}
}

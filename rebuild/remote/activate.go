package remote

import (
	"cmp"
	"context"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/guard"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// Activate takes the step of an activation, and waits for its end also where the connection is lost meanwhile. Where
// the outcome is known, what the command itself ended with counts for nothing, unless the user has stopped the run
// meanwhile. heard is nil where all that is known was said already. The error is a *StepError, that of Keep, or why the
// run was stopped.
func (p Performer) Activate(ctx context.Context, step plan.Step, results plan.Results) (o explain.Outcome, heard *Heard, err error) {
	if err := context.Cause(ctx); err != nil {
		p.nothing("the run was stopped")
		return o, nil, &StepError{step, err}
	}
	if err := p.Keep(ctx, "activation"); err != nil {
		return o, nil, err
	}
	if p.Job.Commands != nil && decision.ActivationOf(p.Job.Request).BootInhibited {
		p.Say.Warn("--on-inhibit boot has no effect: it takes a shell of root's there, and sudo lets this login run single commands alone")
	}
	out, heard, err := p.Take(ctx, step, results)
	o = explain.ParseOutcome(out, p.Job.Run)
	if err == nil && !o.Known() {
		err = connection.ErrUntold
	}
	if err != nil {
		err = &StepError{step, err}
	}
	switch {
	case nixexec.Interrupted(err):
		if result := p.stopped(ctx, o, results["toplevel"]); result != report.Interrupted {
			err = &OutcomeError{Result: result, Err: err}
		}
		return o, nil, err
	case p.guards(o, err):
		if connection.Lost(err) {
			p.Say.Warn("the connection was lost during the activation " + p.Teller.Where + ", which goes on without it; connecting again to learn how it ends")
		}
		o, unproved := p.prove(ctx, o, results["toplevel"])
		if unproved != nil {
			heard = nil
		}
		return o, heard, cmp.Or(unproved, err)
	case p.Link == nil || p.Job.Commands != nil || !connection.Lost(err):
		return o, heard, err
	}
	p.Say.Warn("the connection was lost during the activation " + p.Teller.Where + ", which goes on without it; connecting again to learn how it ends")
	o, unheard := p.Link.Await(ctx, p.Job.Run, p.Somebody)
	if unheard != nil {
		p.Say.Fail(p.unknown(cmp.Or(context.Cause(ctx), unheard), explain.Asked{}))
		return o, nil, cmp.Or(context.Cause(ctx), err)
	}
	return o, heard, err
}

// guards reports whether an activation stands under a guard, which nobody has told of the end of yet.
func (p Performer) guards(o explain.Outcome, err error) bool {
	return p.Link != nil && p.Job.Guard != nil && (o.Guard != "" || connection.Lost(err))
}

// stopped says what has become of an activation in which the user has stopped the run: what the host tells now, and not
// what was last heard of it. The result is Interrupted where nothing was activated, and Unknown where it goes on.
func (p Performer) stopped(ctx context.Context, o explain.Outcome, system string) report.Result {
	if p.Job.Commands != nil { // nothing of them is left on the host to be asked for
		p.Say.Warn(p.Teller.GoesOn())
		return report.Unknown
	}
	if p.Link != nil {
		var err error
		if o, err = p.Link.Look(ctx, p.Job.Run); err != nil {
			p.Say.Fail(p.unknown(err, explain.Asked{}))
			return report.Unknown
		}
	}
	if p.Job.Guard != nil && o.Guard != "" && !o.Closed {
		p.Say.Warn(guard.Proof{Guard: *p.Job.Guard, Before: o.Was}.Stopped(p.Teller))
		return report.Unknown
	}
	switch {
	case o.Known():
		text, result := p.Teller.Outcome(o, system)
		p.Say.Warn(text)
		return result
	case o.Begun && o.Rest:
		p.Say.Warn("the activation " + p.Teller.Where + " was ended there before it was through; see: " + p.Teller.Journal)
		return report.HalfDone
	case o.Begun || p.Link != nil && !o.Rest:
		p.Say.Warn(p.Teller.GoesOn())
		return report.Unknown
	default:
		p.nothing("the run was stopped")
		return report.Interrupted
	}
}

package remote

import (
	"context"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/guard"
	"nixhop/rebuild/plan"
)

// armed is the guard beside a nixos-rebuild, which does not know of it.
type armed struct {
	held    *nixexec.Held // as long as it is, the guard waits for the activation to come
	outcome explain.Outcome
}

// Armed is the performer with a guard beside what a nixos-rebuild will activate, where there is to be one and it can
// be; else it says why there is none.
func (p Performer) Armed(ctx context.Context) Performer {
	p = p.Guarded(ctx)
	step, wanted := plan.Arm(p.Job)
	if !wanted || p.Link == nil {
		return p
	}
	if _, free := p.Before.Elevate.Way(p.Job.Request.Ways()); !free && !p.Before.Root() {
		p.Say.Info("no guard: it is root's, for which the host asks for a password")
		p.Job.Guard = nil
		return p
	}
	held, out, err := p.Link.Attend(ctx, step.Command, plan.Armed)
	o := explain.ParseOutcome(string(out), p.Job.Run)
	if err != nil {
		why := err.Error()
		if o.Why != "" {
			why = o.Why
		}
		p.Say.Warn("no guard: " + nixexec.FirstLine(strings.TrimSpace(why)))
		p.Job.Guard = nil
		return p
	}
	p.armed = &armed{held: held, outcome: o}
	return p
}

// kept has what a nixos-rebuild has activated proved by a new login, where there is a guard beside it, and so kept:
// whether or not nixos-rebuild has ended well, as what failed stays as it is on a host that can be reached. The error
// says what else came of it: an *OutcomeError, or why the run was stopped.
func (p Performer) kept(ctx context.Context, ended bool) error {
	if p.armed == nil {
		return nil
	}
	defer func() { _ = p.armed.held.Release() }()
	asked := explain.ParseAsked(p.Link.Sent())
	if !ended && asked.Heard && !asked.Ran { // there is nothing to prove, and the guard goes by itself
		return nil
	}
	o, err := p.prove(ctx, p.armed.outcome, asked.System)
	if err == nil && o.Guard == guard.Left {
		p.Say.Warn("the guard has left the host alone, for " + o.Why)
	}
	return err
}

// unproved says of a run that was stopped that its activation is not proved, and so is taken back; false: there is no
// such.
func (p Performer) unproved() bool {
	if p.armed == nil || !explain.ParseAsked(p.Link.Sent()).Ran {
		return false
	}
	p.Say.Warn(guard.Proof{Guard: *p.Job.Guard, Before: p.armed.outcome.Was}.Stopped(p.Teller))
	return true
}

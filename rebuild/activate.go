package rebuild

import (
	"context"
	"errors"
	"slices"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
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
		r.fail("nothing was activated " + c.where() + ": the run was stopped")
		return done, &remote.StepError{step, err}
	}
	out, heard, err := r.performer(c.Checked).Take(ctx, step, plan.Results{"toplevel": c.System})
	outcome, reached := remote.ParseOutcome(out), true
	if err != nil && c.Link != nil && !outcome.Known() && linkLost(err) {
		r.warn("the connection was lost during the activation " + c.where() + ", which goes on without it; connecting again to learn how it ends")
		out, reached = c.Link.Await(ctx, r.net.Name(), r.somebody())
		if outcome = remote.ParseOutcome(out); outcome.Status == 0 {
			err = nil
		}
	}
	if err != nil {
		err = &remote.StepError{step, err}
		r.explainActivation(c.Told, heard, outcome, err)
	}
	switch {
	case !reached:
		r.fail(r.teller(c.Located).Unknown())
		return done, orCause(ctx, err)
	case err != nil && !nixexec.Interrupted(err) && !outcome.Known():
		return done, r.aftermath(ctx, c.Checked, err)
	}
	r.printSystem(c.System)
	return done, r.conclude(c.Checked, outcome, err)
}

// linkLost reports whether the connection failed, and not what ran over it.
func linkLost(err error) bool {
	var exit *nixexec.ExitError
	return errors.As(err, &exit) && exit.Code == nixexec.SSHFailed && !nixexec.Interrupted(err)
}

// orCause is what ended the run, where something did, else the error.
func orCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
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
	call := l.Request.Call()
	journal := []string{"journalctl", "-u", facts.ActivationUnits, "-e"}
	t := remote.Teller{Where: l.where(), Action: l.Request.Action, Journal: nixexec.ShellWords(journal)}
	if l.Target != nil {
		t.Back = "nixhop switch " + nixexec.Quote(l.Target.Selector.Word) + " --rollback"
	}
	if l.Machine != nil {
		host := l.Machine.Host.String()
		t.Journal = call.Lines([]report.Remedy{report.On(host, journal...)})[0]
		t.Units = call.Lines([]report.Remedy{report.On(host, "systemctl", "--failed")})[0]
	}
	return t
}

// awaitPause is how long to wait between two looks at an activation that goes on.
const awaitPause = 2 * time.Second

// aftermath says what a run that failed has changed on its target, which a nixos-rebuild does not tell and a lost connection cannot, and returns
// its error.
func (r *Run) aftermath(ctx context.Context, c Checked, err error) error {
	var exit *nixexec.ExitError
	if c.Link == nil || nixexec.Interrupted(err) || !errors.As(err, &exit) || !c.needsRoot() || c.Request.Action == "dry-activate" {
		return err
	}
	query := r.look.roles[c.Machine]
	ask := func() (facts.Host, bool) {
		return c.Link.ProbeAgain(ctx, query, r.somebody(), func() {
			r.warn("the connection to " + c.Machine.Host.Name + " was lost; connecting again to learn what was changed there")
		})
	}
	after, known := ask()
	lost := exit.Code == nixexec.SSHFailed
	if known && slices.ContainsFunc(after.Switches, facts.Unit.Running) {
		r.warn("the activation " + c.where() + " goes on; waiting for its end, which Ctrl-C does not change; see how it goes: " + r.teller(c.Located).Journal)
		for lost = true; known && slices.ContainsFunc(after.Switches, facts.Unit.Running); after, known = ask() {
			select {
			case <-ctx.Done():
			case <-time.After(awaitPause):
			}
		}
	}
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case !known:
		r.fail(r.teller(c.Located).Unknown())
		return err
	case after.System.Current == "":
		return err // no NixOS yet, and nothing to compare
	}
	text, result := r.teller(c.Located).Aftermath(*c.On, after, exit.Code, lost)
	return &remote.OutcomeError{Result: result, Child: nixexec.Status(err), Err: errors.New(text)}
}

package rebuild

import (
	"context"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/source"
)

// tell waits until the configuration has told its facts. Where nixhop itself needs the derivation nix works on behind
// them; elsewhere nixos-rebuild evaluates once more by itself, or nobody does.
func (r *Run) tell(ctx context.Context, d Decided) (t Told, err error) {
	t = Told{Decided: d}
	unchosen := d.Source.IsFlake() && d.Choice.Name == ""
	if r.known(d.Located, d.On, d.At).Derives(d.Decision) && !(r.checking && unchosen) {
		return r.tellAll(ctx, t)
	}
	unused := (d.Machine == nil && d.Builder == nil || d.Request.NoCheck) && !d.Request.Has("--emulate")
	if unchosen || unused || !d.Request.Evaluates() {
		d.ahead.Drop(context.Canceled)
		return t, nil
	}
	t.Evaluation, t.Facts, err = r.evaluator.Facts(ctx, d.ahead, r.question(d.Located, d.Decision, d.Wanted), r.showing(d.Placed))
	if err != nil {
		err = r.evaluationError(d.Placed, d.Found, err)
	}
	return t, err
}

// tellAll waits for the facts of an evaluation to the derivation. What its flake sets for Nix, and the user lets it,
// counts for the build, too; where the user lets it only when asked now, for the evaluation once more.
func (r *Run) tellAll(ctx context.Context, t Told) (_ Told, err error) {
	question := r.question(t.Located, t.Decision, t.Wanted)
	t.Evaluation, t.Facts, err = r.evaluator.Told(ctx, t.ahead, question, r.showing(t.Placed))
	if r.checking {
		if err != nil {
			err = r.evaluationError(t.Placed, t.Found, t.Wanted.Failure(err))
		}
		return t, err
	}
	var all []source.Setting
	if err == nil {
		all, err = r.settings()
	}
	more := false
	if err == nil {
		t.Settings, more, err = r.evaluator.Settings(ctx, t.Wanted, all, t.Evaluation.Heard())
	}
	if err == nil && more {
		t.Evaluation.Drop(context.Canceled)
		t.Evaluation, t.Facts, err = r.evaluator.Told(ctx, nil, question.With(t.Settings), r.showing(t.Placed))
	}
	if err != nil {
		t.Evaluation.Drop(err)
		err = r.notEvaluated(t, t.Found, t.Evaluation, err)
	}
	return t, err
}

// lookAhead begins, while ssh connects, what can be evaluated by then: this takes longer than all checks, and ssh
// mostly waits. It goes to the derivation where nixhop itself will need it, else to its facts.
func (r *Run) lookAhead(ctx context.Context, l Located) *evaluation.Evaluation {
	wanted, worth := r.known(l, nil, nil).Ahead(l.Sketch)
	if !worth {
		return nil
	}
	return r.evaluator.Begin(ctx, r.question(l, l.Sketch, wanted), r.showing(l.Placed))
}

// question is what nix is asked of the configuration.
func (r *Run) question(l Located, d decision.Decision, w source.Wanted) evaluation.Question {
	return plan.Ask(r.known(l, nil, nil), d, w, plan.Job{Dir: r.net.Dir(), Dialect: d.Engine, SSHOpts: r.sshOpts(l)}.Environment())
}

// showing shows what nix says for a host.
func (r *Run) showing(p Placed) func([]byte) {
	return func(text []byte) { r.say(p).Output(string(text)) }
}

// notEvaluated says that the configuration cannot be evaluated, and why.
func (r *Run) notEvaluated(t Told, found []report.Finding, e *evaluation.Evaluation, err error) error {
	if bad := r.report(t.Placed, found); bad != nil {
		return bad
	}
	r.say(t.Placed).Fail("the configuration cannot be evaluated; nothing was built")
	r.explain(t, remote.HeardOf("evaluate", e.Heard()), err)
	return err
}

package rebuild

import (
	"context"
	"slices"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// tell waits until the configuration has told its facts. Where nixhop itself needs the derivation nix works on behind
// them; elsewhere nixos-rebuild evaluates once more by itself, or nobody does.
func (r *Run) tell(ctx context.Context, d Decided) (t Told, err error) {
	t = Told{Decided: d}
	unchosen := d.Source.IsFlake() && d.Choice.Name == ""
	if r.needsDerivation(d.Located, d.Decision) && !(r.checking && unchosen) {
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

// tellAll waits for the facts of an evaluation to the derivation. What its flake sets for Nix, and the user lets it, counts
// for the build, too; where the user lets it only when asked now, for the evaluation once more.
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

// lookAhead begins, while ssh connects, to evaluate the configuration that is the target's unless the flake has none
// of that name: this takes longer than all checks, and ssh mostly waits. It goes to the derivation where nixhop itself
// will need it, else to its facts. What the hosts tell later can only make more of it wanted.
func (r *Run) lookAhead(ctx context.Context, l Located) *evaluation.Evaluation {
	whole := r.needsDerivation(l, l.Sketch)
	if l.Target == nil || !l.Source.IsFlake() || !l.Request.Evaluates() || l.Sketch.Crossing.Wanted() || !whole && l.Request.NoCheck ||
		l.Machine == nil && l.Builder == nil || !l.Target.Listed && !l.Target.Fixed(l.Source) {
		return nil
	}
	chosen, _, err := source.ChooseConfiguration(*l.Target, l.Source, nil, "")
	if err != nil {
		return nil
	}
	wanted := source.Wanted{Source: l.Source, Configuration: chosen.Name, Request: l.Sketch.Request, System: l.Sketch.System, Look: r.checking}
	return r.evaluator.Begin(ctx, r.question(l, l.Sketch, wanted), r.showing(l.Placed))
}

// needsDerivation reports whether nixhop itself evaluates the configuration to its derivation: a plan and a quick check
// want its facts alone. A check goes all the way, whoever would build, for the toplevel may throw behind the facts.
func (r *Run) needsDerivation(l Located, d decision.Decision) bool {
	if r.checking {
		return l.Request.Evaluates() && !l.Request.Has("--quick")
	}
	return d.EvaluatesWhole() && !l.Request.Plan
}

// question is what nix is asked of the configuration, for whoever does the work. A nixos-rebuild evaluates by itself, and
// where it builds here, in a way that finds it done.
func (r *Run) question(l Located, d decision.Decision, w source.Wanted) evaluation.Question {
	switch {
	case r.needsDerivation(l, d):
		return evaluation.Ask(w, evaluation.ToDerivation, plan.Job{Dir: r.net.Dir(), Dialect: d.Engine, SSHOpts: r.sshOpts(l)}.Environment())
	case !r.checking && !l.Request.Plan && l.Builder == nil && slices.Contains(request.NativeActions, l.Request.Action):
		return evaluation.Ask(w, evaluation.ToCache, nil)
	default:
		return evaluation.Ask(w, evaluation.ToFacts, nil)
	}
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
	r.explain(t, remote.HeardOf(e.Heard()), err)
	return err
}

package rebuild

import (
	"context"
	"errors"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/source"
)

// tell waits until the configuration has told its facts. Where nixhop itself needs the derivation nix works on behind them.
func (r *Run) tell(ctx context.Context, d Decided) (Told, error) {
	t := Told{Decided: d}
	if r.needsDerivation(d.Located, d.Decision) {
		return r.tellOnTheWay(ctx, t)
	}
	var err error
	if t.Facts, err = r.askFacts(ctx, d); err != nil {
		_ = r.report(d.Placed, d.Found)
	}
	return t, err
}

// tellOnTheWay takes the facts that the one evaluation tells before its long part. An evaluation that had nobody to ask is done once more, on the
// terminal.
func (r *Run) tellOnTheWay(ctx context.Context, t Told) (Told, error) {
	t.Evaluation = taken(t.ahead, t.Wanted.Derivation())
	if t.Evaluation == nil {
		t.Evaluation = r.beginOpenly(ctx, t.Decided)
	}
	var told bool
	if t.Facts, told = t.Evaluation.Facts(); told {
		return t, nil
	}
	_, err := t.Evaluation.Wait()
	t.Evaluation.Listen()
	if r.mayAsk(err) {
		t.Evaluation = r.evaluateAgain(ctx, t.Decided)
		if t.Facts, told = t.Evaluation.Facts(); !told {
			_, err = t.Evaluation.Wait()
		} else {
			err = nil
		}
	}
	if err != nil {
		return t, r.notEvaluated(t, t.Found, t.Evaluation, err)
	}
	return t, nil
}

// evaluateAgain begins an evaluation anew that had nobody to ask.
func (r *Run) evaluateAgain(ctx context.Context, d Decided) *source.Evaluation {
	r.info("evaluating once more, for nix had nobody to ask")
	return r.beginOpenly(ctx, d)
}

// begin begins an evaluation in the background. What it says is shown once it is listened to.
func (r *Run) begin(ctx context.Context, p Placed, command nixexec.Command) *source.Evaluation {
	return source.Begin(ctx, command, r.turns, func(text []byte) { r.output(p, string(text)) })
}

// beginOpenly begins it in the foreground, where nix can ask, too; side by side with others nobody can.
func (r *Run) beginOpenly(ctx context.Context, d Decided) *source.Evaluation {
	command := r.evaluating(d.Located, d.Wanted, d.Decision.Engine, true)
	if r.alone {
		return source.BeginOpenly(ctx, command, r.Stdio)
	}
	return r.begin(ctx, d.Placed, command)
}

// taken is an evaluation that was begun ahead, if it is the one that is wanted; else it is ended.
func taken(ahead *source.Evaluation, argv []string) *source.Evaluation {
	if ahead == nil || slices.Equal(ahead.Argv(), argv) {
		return ahead
	}
	stopAhead(ahead, context.Canceled)
	return nil
}

// stopAhead ends an evaluation that is not wanted any more.
func stopAhead(ahead *source.Evaluation, cause error) {
	if ahead != nil {
		ahead.Stop(cause)
		_, _ = ahead.Wait()
	}
}

// askFacts asks the configuration for its facts alone, where nixos-rebuild evaluates it once more by itself, or nobody does.
func (r *Run) askFacts(ctx context.Context, d Decided) (source.Facts, error) {
	unchosen := d.Source.IsFlake() && d.Choice.Name == ""
	unused := (d.Machine == nil && d.Builder == nil || d.Request.NoCheck) && !d.Request.Has("--emulate")
	if unchosen || unused || !d.Request.Evaluates() {
		stopAhead(d.ahead, context.Canceled)
		return source.Facts{}, nil
	}
	command := r.evaluating(d.Located, d.Wanted, d.Decision.Engine, false)
	e := taken(d.ahead, command.Argv)
	if e == nil {
		e = r.begin(ctx, d.Placed, command)
	}
	out, err := e.Wait()
	if r.mayAsk(err) {
		out, err = nixexec.Capture(ctx, command, r.Stdio)
	}
	var exit *nixexec.ExitError
	switch {
	case errors.As(err, &exit) && ctx.Err() == nil:
		return source.Facts{}, d.Wanted.Failure(exit.Stderr)
	case err != nil:
		return source.Facts{}, err
	}
	known, err := source.ReadFacts(out)
	if d.Wanted.Cross != "" && len(known.Refused) == 0 {
		known.BuildSystem = d.Wanted.Cross
	}
	return known, err
}

// notEvaluated says that the configuration cannot be evaluated, and why.
func (r *Run) notEvaluated(t Told, found []report.Finding, e *source.Evaluation, err error) error {
	if bad := r.report(t.Placed, found); bad != nil {
		return bad
	}
	r.fail("the configuration cannot be evaluated; nothing was built")
	return r.explain(t, remote.HeardOf(e.Heard()), err)
}

package rebuild

import (
	"context"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/source"
)

// lookAhead asks the flake for its names while ssh connects, and beside that begins with the evaluation that will be wanted of the
// configuration that it most likely is: this takes longer than all other checks, and ssh mostly waits. done gets the error about the
// names.
func (d *deployment) lookAhead(ctx context.Context) (done <-chan error) {
	whole := d.evaluatesWhole()
	wanted := d.target != nil && d.source.IsFlake() && d.request.Evaluates() && !d.crossing.Wanted() && (whole || !d.request.NoCheck) &&
		(d.job.Target != nil || d.job.Build != nil) && (d.target.Listed || d.fixedName())
	if wanted {
		d.ahead = d.evaluateAhead(ctx, whole)
	}
	answer := make(chan error, 1)
	go func() { answer <- d.lookUpNames(ctx) }()
	return answer
}

// evaluateAhead begins to evaluate the configuration that is the target's unless the flake has none of that name: to the derivation where
// nixhop itself will need it, else only its facts.
func (d *deployment) evaluateAhead(ctx context.Context, whole bool) *evaluation {
	chosen, _, err := source.ChooseConfiguration(*d.target, d.source, nil, "")
	if err != nil {
		return nil
	}
	job := d.job
	job.Configuration = chosen.Name
	step := plan.FactsStep(job)
	if whole {
		step = plan.EvaluateStep(job)
	}
	return evaluateQuietly(ctx, step, d.session.Stdio.Err, d.batch.evaluating())
}

// begunAhead is an evaluation that was begun ahead, if it is the one that is wanted. It can be had once.
func (d *deployment) begunAhead(argv []string) *evaluation {
	e := d.ahead
	d.ahead = nil
	if e == nil || slices.Equal(e.argv, argv) {
		return e
	}
	e.stop(context.Canceled)
	return nil
}

// evaluated is what an evaluation prints that may have been done ahead. Where nix had nobody to ask, it is done again on the terminal.
func (d *deployment) evaluated(ctx, background context.Context, step plan.Step) (string, error) {
	e := d.begunAhead(step.Command.Argv)
	if e == nil {
		e = evaluateQuietly(background, step, nil, d.batch.evaluating())
	}
	out, err := e.wait()
	if d.mayAsk(err) {
		return nixexec.Capture(ctx, step.Command, d.session.Stdio)
	}
	return out, err
}

// endAhead ends what was begun ahead and is not wanted any more.
func (d *deployment) endAhead() {
	if d.ahead != nil {
		d.ahead.stop(context.Canceled)
		_, _ = d.ahead.wait()
	}
}

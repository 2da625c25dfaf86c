package rebuild

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// evaluate runs the one evaluation of nixhop's own steps, or goes on with it where lookAhead has begun it. As soon as the configuration has
// told its facts the checks are made; when one of them fails the evaluation is ended, for nothing shall be built.
func (d *deployment) evaluate(ctx, background context.Context) error {
	step := plan.EvaluateStep(d.job)
	e := d.begunAhead(step.Command.Argv)
	if e == nil {
		e = evaluateOpenly(ctx, step, d.session.Stdio)
	}
	out, err := d.heed(background, e)
	if d.mayAsk(err) {
		d.session.Log.Info("evaluating once more, for nix had nobody to ask")
		e = evaluateOpenly(ctx, step, d.session.Stdio)
		out, err = d.heed(background, e)
	}
	if allowed, err := d.confirmHostName(background); err != nil {
		return err
	} else if allowed {
		return d.evaluate(ctx, background)
	}
	if err := d.session.report(d.found, d.request); err != nil {
		return err
	}
	if err != nil {
		d.session.Log.Error("the configuration cannot be evaluated; nothing was built")
		return d.explain(e.heard, nil, err)
	}
	path := strings.TrimSpace(nixexec.LastLine(out))
	if !nixexec.StorePath.MatchString(path) {
		return fmt.Errorf("evaluating: nix printed no store path but %q", nixexec.Printable(path))
	}
	d.derivation = path
	return nil
}

// heed checks what the configuration says of itself as soon as it does, and then waits for the derivation.
func (d *deployment) heed(ctx context.Context, e *evaluation) (string, error) {
	var known source.FlakeFacts
	var told bool
	select {
	case known, told = <-e.told:
	default:
		e.listen()
		known, told = <-e.told
	}
	if !told {
		if out, err := e.wait(); err != nil {
			e.listen()
			return out, err
		}
	}
	d.facts = known
	d.checkPlatform(ctx)
	d.checkConfiguration()
	if request.Stops(d.found, d.request) {
		e.stop(plan.ErrChecksFailed)
	} else {
		e.listen()
	}
	return e.wait()
}

// lookUpFacts asks the configuration for its facts alone, where nixos-rebuild evaluates it once more by itself.
func (d *deployment) lookUpFacts(ctx, background context.Context) error {
	unchosen := d.source.IsFlake() && d.job.Configuration == ""
	unused := (d.job.Target == nil && d.job.Build == nil || d.request.NoCheck) && !d.request.Has("--emulate")
	if unchosen || unused || !d.request.Evaluates() {
		return nil
	}
	out, err := d.evaluated(ctx, background, plan.FactsStep(d.job))
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && background.Err() == nil {
		return d.evaluationFailed(exit.Stderr)
	}
	if err != nil {
		return err
	}
	known, ok := source.ParseFacts(source.FactsMark + out)
	if !ok {
		return fmt.Errorf("reading the facts of the configuration: %q", nixexec.Printable(out))
	}
	if d.job.Cross != "" && len(known.Refused) == 0 {
		known.BuildSystem = d.job.Cross
	}
	d.facts = known
	return nil
}

// evaluationFailed is the error for facts that could not be had. Which file a nixos-rebuild takes that is told nothing of a source is its
// own business: it may well find one.
func (d *deployment) evaluationFailed(stderr string) error {
	switch s := d.source; {
	case s.IsFlake():
		return &source.EvaluationError{Flake: s.Ref(d.job.Configuration), Stderr: stderr}
	case s.File != "":
		return &source.EvaluationError{File: s.File, Stderr: stderr}
	default:
		return nil
	}
}

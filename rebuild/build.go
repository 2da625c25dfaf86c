package rebuild

import (
	"cmp"
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/plan"
)

// build makes the system where it is to be built, as soon as its derivation is there.
func (r *Run) build(ctx context.Context, c Checked) (Built, error) {
	defer r.site.Gone(ctx, c.Name())
	results, err := r.derivation(ctx, c)
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Built{Checked: c}, err
	}
	r.announce(c)
	b := Built{Checked: c, System: c.Request.Value("--store-path")}
	standing := decision.Standing(c.Request, c.On, r.many)
	if standing != "" && standing == cmp.Or(b.System, r.evaluator.Makes(ctx, c.Evaluation, results["derivation"])) {
		b.System, b.Unchanged = standing, true
		return b, nil
	}
	if heard, err := r.site.Build(ctx, r.performer(c), results); err != nil {
		return b, r.stepFailed(c, heard, results, err)
	}
	if system, built := results["toplevel"]; built {
		b.System = system
	}
	b.Unchanged = b.System != "" && b.System == standing
	return b, nil
}

// derivation waits for the end of the evaluation, where there is one, and then says what the checks have found.
func (r *Run) derivation(ctx context.Context, c Checked) (plan.Results, error) {
	if c.Evaluation == nil {
		return plan.Results{}, nil
	}
	path, e, err := r.evaluator.Derivation(ctx, c.Evaluation, r.question(c.Located, c.Decision, c.Wanted), r.showing(c.Placed))
	var exit *nixexec.ExitError
	if errors.As(err, &exit) || nixexec.Interrupted(err) {
		return nil, r.notEvaluated(c.Told, c.Found, e, err)
	}
	if bad := r.report(c.Placed, c.Found); bad != nil {
		err = bad
	}
	return plan.Results{"derivation": path}, err
}

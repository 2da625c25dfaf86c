package rebuild

import (
	"context"
	"errors"
	"fmt"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// whole lets a nixos-rebuild do all that is left, for one host, and says what came of it where it failed.
func (r *Run) whole(ctx context.Context, c Checked) (Activated, error) {
	c, results, err := r.derivation(ctx, c)
	if err != nil {
		return Activated{c}, err
	}
	steps, err := plan.Whole(r.job(c))
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Activated{c}, err
	}
	r.announce(c)
	heard, err := r.performer(c).TakeAll(ctx, steps, results)
	if err == nil {
		return Activated{c}, nil
	}
	activating := heard.Phase() == report.PhaseActivate
	err, told := r.explainWhole(c.Told, heard, err)
	switch {
	case nixexec.Interrupted(err) && activating:
		r.warnActivating(c.Located)
	case !(told && activating):
		err = r.aftermath(ctx, c, err)
	}
	return Activated{c}, err
}

// explainWhole says what the failure of a nixos-rebuild means, and returns its error with the exit status that it hides in its text under a 1: it is
// that of the command that failed (nixpkgs, nixos-rebuild-ng). told: there was something to say.
func (r *Run) explainWhole(t Told, heard *remote.Heard, err error) (_ error, told bool) {
	said := r.understood(t, heard, err)
	r.sayExplained(t, heard, said)
	var exit *nixexec.ExitError
	if len(said) == 0 || said[0].Status <= 1 || !errors.As(err, &exit) || exit.Code != 1 {
		return err, len(said) > 0
	}
	status := said[0].Status
	return &remote.OutcomeError{
		Result: report.Failed, Child: status,
		Err: fmt.Errorf("%w, for a command that ended with %d: so does nixhop", exit, status),
	}, true
}

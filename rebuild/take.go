package rebuild

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
)

// performer takes the steps of a host's plan.
func (r *Run) performer(c Checked) remote.Performer {
	stdio := r.Stdio
	stdio.Held = r.net.Lock() // a child goes on with the connections of the run, also where this process is killed
	return remote.Performer{
		Host: c.Name(), Alone: r.alone, Along: c.Request.Has("--explain"), Stdio: stdio, Password: c.Password, Say: r.Say,
		Started: r.Env(plan.StartedMark),
	}
}

// keep sees to it that a step reaches the machines that were checked, and none in their place: a connection that was
// lost while it was not used is made anew.
func (r *Run) keep(ctx context.Context, c Checked, step string) error {
	for i, link := range []*remote.Link{c.Link, c.BuildLink} {
		if link == nil || i == 1 && link == c.Link {
			continue
		}
		name := link.Machine.Host.Name
		err := link.Keep(ctx, r.somebody(), func() {
			r.Say.Warn("the connection to " + name + " was lost; connecting again before the " + step)
		})
		if err == nil {
			continue
		}
		if nixexec.Interrupted(err) || context.Cause(ctx) != nil {
			return cmp.Or(context.Cause(ctx), err)
		}
		if c.needsRoot() {
			r.Say.Fail("nothing was activated " + c.where() + ": the " + step + " was not begun")
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// stepFailed says what the failure of a step before the activation means, and what was not changed.
func (r *Run) stepFailed(c Checked, heard *remote.Heard, results plan.Results, err error) error {
	var failed *remote.StepError
	if !errors.As(err, &failed) {
		return err
	}
	r.explain(c.Told, heard, failed)
	if nixexec.Interrupted(failed) {
		remote.EndThere(r.job(c), failed.Step.Name, results, c.call(), r.Say.Warn)
	}
	if c.needsRoot() {
		how := "failed"
		if nixexec.Interrupted(failed) {
			how = "was stopped"
		}
		r.Say.Fail("nothing was activated " + c.where() + ": the " + failed.Step.Name + " " + how)
	}
	return failed
}

// failedThere reports whether a third build host's own copy failed, and neither the connection to it nor the user is
// why: the way through here is left.
func failedThere(err error) bool {
	var exit *nixexec.ExitError
	return errors.As(err, &exit) && exit.Code != nixexec.SSHFailed && !nixexec.Interrupted(err)
}

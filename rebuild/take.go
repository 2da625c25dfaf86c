package rebuild

import (
	"context"
	"errors"
	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"time"
)

// performer takes the steps of a host's plan.
func (r *Run) performer(c Checked) remote.Performer {
	return remote.Performer{
		Host: c.Name(), Alone: r.alone, Along: c.Request.Has("--explain"), Stdio: r.Stdio, Password: c.Password, Say: r.Say,
	}
}

// stepFailed says what the failure of a step before the activation means, and what was not changed.
func (r *Run) stepFailed(c Checked, heard *remote.Heard, results plan.Results, err error) error {
	var failed *remote.StepError
	if !errors.As(err, &failed) {
		return err
	}
	r.explain(c.Told, heard, failed)
	r.endThere(c, failed, results)
	if c.needsRoot() {
		how := "failed"
		if nixexec.Interrupted(failed) {
			how = "was stopped"
		}
		r.fail("nothing was activated " + c.where() + ": the " + failed.Step.Name + " " + how)
	}
	return failed
}

// endTime bounds how long the end of what runs on another host is waited for.
const endTime = 5 * time.Second

// endThere ends the build or the copy on the build host when the user has ended the run. It is done even though the run's context is over.
func (r *Run) endThere(c Checked, failed *remote.StepError, results plan.Results) {
	if !nixexec.Interrupted(failed) {
		return
	}
	command, runs := plan.EndCommand(r.job(c), failed.Step.Name, results)
	if !runs {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if _, err := nixexec.Output(ctx, command); err != nil {
		r.warn("the " + failed.Step.Name + " may go on, on " + c.Builder.Host.Name + "; to end it: " + command.String())
	}
}

// failedThere reports whether a third build host's own copy failed, and neither the connection to it nor the user is why: the way through here is left.
func failedThere(err error) bool {
	var exit *nixexec.ExitError
	return errors.As(err, &exit) && exit.Code != nixexec.SSHFailed && !nixexec.Interrupted(err)
}

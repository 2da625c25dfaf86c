package phase

import (
	"errors"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Status is the exit status that an error of a run stands for: the one place that knows exit statuses
// (request.ExitStatuses).
func Status(err error) int {
	var (
		usage   *request.UsageError
		refused *report.CheckError
		outcome *remote.OutcomeError
		step    *remote.StepError
		hosts   *HostsError
	)
	switch {
	case errors.As(err, &hosts):
		return statusOfHosts(hosts)
	case errors.As(err, &outcome) && !nixexec.Interrupted(err):
		return statusOfOutcome(outcome)
	case errors.As(err, &usage):
		return request.ExitUsage
	case errors.As(err, &refused):
		return request.ExitCheck
	case errors.As(err, &step) && step.Step.Name != "nixos-rebuild":
		return statusOfStep(step.Err)
	}
	return remote.PassedOn(err)
}

// statusOfHosts is that of some that are done and others that are not, else what those that failed have in common; an
// interruption outweighs everything.
func statusOfHosts(e *HostsError) int {
	var statuses []int
	for _, host := range e.Ended {
		switch one := Status(host.Err); {
		case nixexec.Interrupted(host.Err):
			return one
		case !errors.Is(host.Err, ErrNotBegun) && !slices.Contains(statuses, one):
			statuses = append(statuses, one)
		}
	}
	switch {
	case e.Done > 0:
		return request.ExitPartly
	case len(statuses) == 1:
		return statuses[0]
	default:
		return request.ExitFailed
	}
}

// statusOfStep is nixhop's own status for a step of its own that failed: nix-store, for one, ends with 100 when a
// build fails. How an interrupt, a signal or a missing program ends a run stays as it is.
func statusOfStep(err error) int {
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Signal == 0 && !nixexec.Interrupted(err) {
		return request.ExitFailed
	}
	return nixexec.Status(err)
}

// statusOfOutcome is that of an outcome. A child's own is passed on, but for the 1 that says nothing.
func statusOfOutcome(e *remote.OutcomeError) int {
	switch {
	case e.Result == report.RolledBack:
		return request.ExitRolledBack
	case remote.NotOurs(e.Child) > request.ExitFailed:
		return e.Child
	case e.Result == report.Units:
		return request.ExitUnits
	default:
		return request.ExitFailed
	}
}

// Silent reports whether nothing is left to be said of an error: a child that has ended by itself has said why, and a
// user who pressed Ctrl-C knows.
func Silent(err error) bool {
	var exit *nixexec.ExitError
	var step *remote.StepError
	var hosts *HostsError
	switch {
	case errors.As(err, &hosts):
		return false // no child has said how many went no further
	case errors.As(err, &step) && nixexec.Interrupted(err):
		err = step.Err
	case errors.As(err, &step):
		return errors.As(step.Err, &exit)
	}
	_, child := err.(*nixexec.ExitError) //nolint:errorlint // what stands in front of a child's own error is to be said
	return err == nil || child
}

// Why is what an error of one of many hosts has to say that was not said yet: neither by a child, nor as a finding.
func Why(err error) string {
	var refused *report.CheckError
	if Silent(err) || errors.As(err, &refused) || nixexec.Interrupted(err) {
		return ""
	}
	return err.Error()
}

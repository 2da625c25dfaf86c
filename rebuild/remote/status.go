package remote

import (
	"errors"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/check"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
)

// HostsError is what ended hosts of a run of several.
type HostsError struct {
	Ended []report.Ended
	Done  int // hosts that are through
}

// Error counts the hosts.
func (e *HostsError) Error() string {
	left := 0
	for _, host := range e.Ended {
		if errors.Is(host.Err, ErrNotBegun) {
			left++
		}
	}
	text := report.CountOf(len(e.Ended)-left, "host") + " went no further"
	if left > 0 {
		text += fmt.Sprintf(", %d not begun for that", left)
	}
	if e.Done > 0 {
		text += fmt.Sprintf(", %d done", e.Done)
	}
	return text
}

// Unwrap returns the errors of the hosts.
func (e *HostsError) Unwrap() []error {
	all := make([]error, len(e.Ended))
	for i, host := range e.Ended {
		all[i] = host.Err
	}
	return all
}

// OutcomeError says what came of an activation, where that is neither success nor something that the child itself has
// said.
type OutcomeError struct {
	Result report.Result
	Child  int // the status that the child ended with, or hid, where that is passed on; else 0
	Err    error
}

// Error is the text of the wrapped error.
func (e *OutcomeError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *OutcomeError) Unwrap() error { return e.Err }

// Hidden is the error of a nixos-rebuild with the exit status that it hides in its text under a 1: it is that of the
// command that failed (nixpkgs, nixos-rebuild-ng). 0 and 1: it hides none; a number of nixhop's own is not taken over.
func Hidden(err error, status int) error {
	var exit *nixexec.ExitError
	if notOurs(status) <= 1 || !errors.As(err, &exit) || exit.Code != 1 {
		return err
	}
	return &OutcomeError{
		Result: report.Failed, Child: status,
		Err: fmt.Errorf("%w, for a command that ended with %d: so does nixhop", exit, status),
	}
}

// ErrNotBegun is what ends a host of which nothing further was begun, because others have failed before.
var ErrNotBegun = errors.New("not begun: other hosts have failed before")

// Failed reports whether an error is a failure of its host, as far as many of those are too many.
func Failed(err error, o rollout.Rollout) bool {
	switch {
	case err == nil || errors.Is(err, ErrNotBegun):
		return false
	case check.Offline(err):
		return o.Budget.Offline() && !o.SkipOffline
	}
	return true
}

// Ending is the error of a run by what ended its hosts, and by how many are through; nil: nothing ended any. That of a
// host that is alone is its own.
func Ending(ended []report.Ended, done int, alone bool) error {
	switch {
	case len(ended) == 0:
		return nil
	case alone:
		return ended[0].Err
	}
	return &HostsError{Ended: slices.Clone(ended), Done: done}
}

// Findings are what ended hosts, as findings about each. An error is no host's fault: the command line, a program that is
// not there, or the user.
func Findings(ended []report.Ended) (map[string][]report.Finding, error) {
	found := map[string][]report.Finding{}
	for _, host := range ended {
		var refused *report.CheckError
		var usage *request.UsageError
		var missing *nixexec.NotFoundError
		switch {
		case errors.As(host.Err, &refused):
			found[host.Host] = refused.Findings
		case nixexec.Interrupted(host.Err) || errors.As(host.Err, &usage) || errors.As(host.Err, &missing):
			return nil, host.Err
		default:
			found[host.Host] = []report.Finding{check.Failed(host.Host, host.Phase, host.Err)}
		}
	}
	return found, nil
}

// Status is the exit status that an error of a run stands for: the one place that knows exit statuses
// (request.ExitStatuses).
func Status(err error) int {
	var (
		usage   *request.UsageError
		refused *report.CheckError
		outcome *OutcomeError
		step    *StepError
		hosts   *HostsError
	)
	switch {
	case errors.As(err, &hosts):
		return statusOfHosts(hosts)
	case errors.As(err, &outcome):
		return statusOfOutcome(outcome)
	case errors.As(err, &usage):
		return request.ExitUsage
	case errors.As(err, &refused):
		return request.ExitCheck
	case errors.As(err, &step) && step.Step.Name != "nixos-rebuild":
		return statusOfStep(step.Err)
	}
	return passedOn(err)
}

// passedOn is the status of a child, unless it says something of nixhop's own: a program on a host may have ended with
// any of these, and a child here hands that on. How a signal has ended a run, or a child here, is ours to tell.
func passedOn(err error) int {
	var exit *nixexec.ExitError
	var hidden *OutcomeError
	code := nixexec.Status(err)
	switch {
	case errors.As(err, &hidden):
		return hidden.Child
	case !errors.As(err, &exit) || exit.Signal != 0 || nixexec.Interrupted(err):
		return code
	case code > 128 && code < ssh.Failed:
		return request.ExitFailed
	}
	return notOurs(code)
}

// notOurs is a status of a child, or 1 in place of one that says something of nixhop's own (request.ExitStatuses). That
// of failed units is switch-to-configuration's number.
func notOurs(code int) int {
	switch code {
	case request.ExitUsage, request.ExitCheck, request.ExitRolledBack, request.ExitPartly, request.ExitNotInstalled:
		return request.ExitFailed
	}
	return code
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
func statusOfOutcome(e *OutcomeError) int {
	switch {
	case notOurs(e.Child) > request.ExitFailed:
		return e.Child
	case e.Result == report.Units:
		return request.ExitUnits
	default:
		return request.ExitFailed
	}
}

// ResultOf is what an error makes of a host, or of a phase of it.
func ResultOf(err error) report.Result {
	var refused *report.CheckError
	var outcome *OutcomeError
	switch {
	case err == nil:
		return report.Done
	case errors.Is(err, ErrNotBegun):
		return report.NotBegun
	case nixexec.Interrupted(err):
		return report.Interrupted
	case check.Offline(err):
		return report.Offline
	case errors.As(err, &refused):
		return report.Refused
	case errors.As(err, &outcome):
		return outcome.Result
	}
	return report.Failed
}

// Silent reports whether nothing is left to be said of an error: a child that has ended by itself has said why, and a
// user who pressed Ctrl-C knows.
func Silent(err error) bool {
	var exit *nixexec.ExitError
	var step *StepError
	var hosts *HostsError
	switch {
	case errors.As(err, &hosts):
		return false // no child has said how many went no further
	case errors.As(err, &step) && nixexec.Interrupted(err):
		err = step.Err
	case errors.As(err, &step):
		return errors.As(step.Err, &exit)
	}
	_, child := err.(*nixexec.ExitError)
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

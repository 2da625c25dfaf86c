package remote

import (
	"errors"
	"fmt"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

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
	if NotOurs(status) <= 1 || !errors.As(err, &exit) || exit.Code != 1 {
		return err
	}
	return &OutcomeError{
		Result: report.Failed, Child: status,
		Err: fmt.Errorf("%w, for a command that ended with %d: so does nixhop", exit, status),
	}
}

// PassedOn is the status of a child, unless it says something of nixhop's own: a program on a host may have ended with
// any of these, and a child here hands that on. How a signal has ended a run, or a child here, is ours to tell.
func PassedOn(err error) int {
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
	return NotOurs(code)
}

// NotOurs is a status of a child, or 1 in place of one that says something of nixhop's own (request.ExitStatuses). That
// of failed units is switch-to-configuration's number.
func NotOurs(code int) int {
	switch code {
	case request.ExitUsage, request.ExitCheck, request.ExitRolledBack, request.ExitPartly, request.ExitNotInstalled:
		return request.ExitFailed
	}
	return code
}

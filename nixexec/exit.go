package nixexec

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
)

// ExitError says that a program ran and did not succeed.
type ExitError struct {
	Program string         // Argv[0]
	Code    int            // exit status; -1 when a signal ended the program
	Signal  syscall.Signal // the signal that ended it, or 0
	Stderr  string         // the end of its standard error, where that was captured
}

// Error names the program and how it ended. The captured standard error is not part of it.
func (e *ExitError) Error() string {
	if e.Signal != 0 {
		return fmt.Sprintf("%q was ended by signal %s", e.Program, e.Signal)
	}
	return fmt.Sprintf("%q exited with status %d", e.Program, e.Code)
}

// NoAttribute reports whether the program was a nix that was asked for something that the flake does not have.
func (e *ExitError) NoAttribute() bool {
	return e.Signal == 0 && strings.Contains(e.Stderr, "does not provide attribute")
}

// NotFoundError says that a program is not there to be run.
type NotFoundError struct {
	Program string
}

// Error names the program.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%q is not installed", e.Program)
}

// Status returns the exit status that stands for err, numbered as a shell does it: 0 for nil, 128+n where
// signal n stopped the run or ended the program, the program's own status, 127 for a program that is not
// installed, and 1 for everything else. What stopped a run outweighs what the program then made of it: after a
// signal the status tells of that, after a deadline it is 1.
func Status(err error) int {
	var interrupted *InterruptedError
	var exit *ExitError
	var missing *NotFoundError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &interrupted):
		return 128 + int(interrupted.Signal)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return 1
	case errors.As(err, &exit) && exit.Signal != 0:
		return 128 + int(exit.Signal)
	case errors.As(err, &exit):
		return exit.Code
	case errors.As(err, &missing):
		return 127
	default:
		return 1
	}
}

// exitError turns what Wait returned into the errors of this package.
func exitError(program string, err error, stderr string) error {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		// ErrWaitDelay: the program itself succeeded; something it left behind kept its pipe open.
		return nil
	case errors.As(err, &exit):
		status, _ := exit.Sys().(syscall.WaitStatus)
		if status.Signaled() {
			return &ExitError{Program: program, Code: -1, Signal: status.Signal(), Stderr: stderr}
		}
		return &ExitError{Program: program, Code: exit.ExitCode(), Stderr: stderr}
	default:
		return fmt.Errorf("running %q: %w", program, err)
	}
}

// stopped adds to err, the child's own end, that ctx was done before the child had ended.
func stopped(ctx context.Context, program string, err error) error {
	cause := context.Cause(ctx)
	var interrupted *InterruptedError
	switch {
	case errors.As(cause, &interrupted):
		return &InterruptedError{Signal: interrupted.Signal, Err: err}
	case err == nil:
		return fmt.Errorf("stopping %q: %w", program, cause)
	default:
		return fmt.Errorf("stopping %q: %w: %w", program, cause, err)
	}
}

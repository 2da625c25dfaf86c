package remote

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// Outcome is what the target reported of an activation. Every field may be empty when the connection was lost before.
type Outcome struct {
	Was        string // the system that ran before
	WasProfile string // what the profile pointed to before
	Profile    string // what the profile points to now; empty: it was not touched
	Generation string // its number
	Current    string // the system that runs now
	Status     int    // exit status of switch-to-configuration; -1: not known
	Failed     string // names of failed units, where somebody asked for them
}

// Known reports whether the activation was seen to its end.
func (o Outcome) Known() bool { return o.Status >= 0 }

// reportedBytes is the longest value that counts in a report: a store path has 256 at most (nix:
// src/libstore/path.hh), whatever a host sends.
const reportedBytes = 256

// ParseOutcome reads the key=value lines that activate.sh reports. Unknown lines are ignored; the last of a key
// counts.
func ParseOutcome(out string) Outcome {
	o := Outcome{Status: -1}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		value = nixexec.Printable(value[:min(len(value), reportedBytes)])
		switch key {
		case "was":
			o.Was = value
		case "was_profile":
			o.WasProfile = value
		case "profile":
			o.Profile = value
		case "generation":
			o.Generation = value
		case "current":
			o.Current = value
		case "status":
			if n, err := strconv.Atoi(value); err == nil {
				o.Status = n
			}
		}
	}
	return o
}

//go:embed await.sh
var awaitScript string

// ErrNotReached says that a host is not reached any more.
var ErrNotReached = errors.New("the host is not reached any more")

// Activate takes the step of an activation. The error is a *StepError.
func (p Performer) Activate(ctx context.Context, step plan.Step, results plan.Results) (Outcome, *Heard, error) {
	out, heard, err := p.Take(ctx, step, results)
	outcome := ParseOutcome(out)
	if err == nil && !outcome.Known() {
		err = errors.New("the host has not said how it ended")
	}
	if err != nil {
		err = &StepError{step, err}
	}
	return outcome, heard, err
}

// LinkLost reports whether the connection failed, and not what ran over it.
func LinkLost(err error) bool {
	var exit *nixexec.ExitError
	return errors.As(err, &exit) && exit.Code == nixexec.SSHFailed && !nixexec.Interrupted(err)
}

// Await connects to the host once more, when the connection was lost during the activation of a run, waits for the end
// of that and returns what it has reported, with no error where it went well, else with that of the lost connection,
// to which ErrNotReached is added where the host is not reached.
func (l *Link) Await(ctx context.Context, run string, somebody bool, lost error) (Outcome, error) {
	script := nixexec.Assignments([2]string{"outcome", facts.OutcomeFile}, [2]string{"run", run}, nixexec.HostPrograms()) + awaitScript
	for l.Reconnect(ctx, somebody) {
		out, err := nixexec.Output(ctx, l.current().Script(nil, script))
		if LinkLost(err) {
			continue
		}
		outcome := ParseOutcome(string(out))
		if outcome.Status == 0 {
			return outcome, nil
		}
		return outcome, lost
	}
	return ParseOutcome(""), errors.Join(lost, ErrNotReached)
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
// command that failed (nixpkgs, nixos-rebuild-ng). 0 and 1: it hides none.
func Hidden(err error, status int) error {
	var exit *nixexec.ExitError
	if status <= 1 || !errors.As(err, &exit) || exit.Code != 1 {
		return err
	}
	return &OutcomeError{
		Result: report.Failed, Child: status,
		Err: fmt.Errorf("%w, for a command that ended with %d: so does nixhop", exit, status),
	}
}

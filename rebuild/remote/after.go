package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// After finds out what a run that failed has changed on its target.
type After struct {
	Link     *Link
	Query    facts.Query // what the target is asked, as before
	Before   facts.Host  // what it told then
	Teller   Teller
	Somebody bool // who can be asked where the connection must be opened anew
	Warn     func(string)
	Fail     func(string)
}

// Failure waits until no activation runs on the target any more, and returns the error of the child with what is
// different there, in words: an *OutcomeError. Where the user has stopped the run, and where nothing is to be learned,
// it is the error itself.
func (a After) Failure(ctx context.Context, err error) error {
	var exit *nixexec.ExitError
	untold := errors.Is(err, ErrUntold)
	if nixexec.Interrupted(err) || !untold && !errors.As(err, &exit) {
		return err
	}
	lost, code := untold || exit.Code == nixexec.SSHFailed, -1
	if exit != nil {
		code = exit.Code
	}
	looks := 1
	if lost {
		looks = 2
	}
	after, waited, why := a.settled(ctx, looks, func() { lost = true })
	switch cause := context.Cause(ctx); {
	case why != nil:
		a.Fail(a.Teller.Unknown(cmp.Or(cause, why)))
		return cmp.Or(cause, err)
	case after.System.Current == "":
		return err // no NixOS yet, and nothing to compare
	}
	text, result := a.Teller.Aftermath(a.Before, after, code, waited || lost)
	if cause := context.Cause(ctx); cause != nil {
		a.Warn(text)
		return cause
	}
	return &OutcomeError{Result: result, Child: passedOn(err), Err: errors.New(text)}
}

// rebooted reports whether a host has told another boot id than before. One that tells none has not.
func rebooted(before, after facts.Host) bool {
	return before.System.BootID != "" && after.System.BootID != "" && before.System.BootID != after.System.BootID
}

// settled waits until no activation runs on the target any more, and asks it once more what it is like.
func (a After) settled(ctx context.Context, looks int, lost func()) (after facts.Host, waited bool, err error) {
	return a.Link.Settled(ctx, a.Query, a.Somebody, looks,
		func() {
			lost()
			a.Warn("the connection to " + a.Link.Machine.Host.Name + " was lost; connecting again to learn what was changed there")
		},
		func() bool {
			a.Warn("the activation " + a.Teller.Where + " goes on; waiting for its end, which Ctrl-C does not change; see how it goes: " +
				a.Teller.Journal)
			return true
		})
}

// stoppedTime bounds how long a host is asked what a run has changed there that the user has stopped.
const stoppedTime = 2 * time.Minute

// Stopped says what a run has changed on its target that the user has stopped under a nixos-rebuild: a command may have
// been on its way then, and what has begun goes on. Nothing is waited for but that it shows. Another signal ends the
// wait.
func (a After) Stopped(ctx context.Context) {
	ctx, stop := nixexec.WithSignals(context.WithoutCancel(ctx), syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, stoppedTime)
	defer cancel()
	goesOn := false
	after, _, why := a.Link.Settled(ctx, a.Query, false, 2, func() {}, func() bool {
		goesOn = true
		return false
	})
	switch {
	case why != nil:
		a.Fail(a.Teller.Unknown(why))
	case goesOn || after.AtWork:
		a.Warn(a.Teller.GoesOn())
	case after.System.Current == a.Before.System.Current && after.System.Profile == a.Before.System.Profile &&
		after.System.BootID == a.Before.System.BootID:
		a.Fail("nothing was activated " + a.Teller.Where + ": the run was stopped")
	default:
		text, _ := a.Teller.Aftermath(a.Before, after, -1, true)
		a.Warn(text)
	}
}

// Success looks whether a host that a nixos-rebuild says it has deployed to runs what it boots: nobody but the host
// knows that. The error is an *OutcomeError, or why the run was stopped meanwhile: it is looked nevertheless. A
// specialisation runs beside what the profile has, and another profile says nothing of what runs.
func (a After) Success(ctx context.Context, comparable bool) error {
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), stoppedTime)
	defer cancel()
	after, _, why := a.settled(looking, 1, func() {})
	switch cause := context.Cause(ctx); {
	case why != nil:
		return &OutcomeError{Result: report.Unknown, Err: errors.New("nixos-rebuild ended well, but " + a.Teller.Unknown(why))}
	case rebooted(a.Before, after):
		return &OutcomeError{Result: report.Unknown, Err: fmt.Errorf("nixos-rebuild ended well, but %s: %w", a.Teller.Where, ErrRebooted)}
	case comparable && after.System.Profile != after.System.Current:
		text := fmt.Sprintf("%s: nixos-rebuild ended well, but %s runs there, and its profile is %s",
			a.Teller.Where, orNothing(after.System.Current), orNothing(after.System.Profile))
		return &OutcomeError{Result: report.HalfDone, Err: errors.New(text + "\n" + a.Teller.Journal)}
	case cause != nil:
		a.Warn(fmt.Sprintf("%s: nixos-rebuild had ended well when the run was stopped; %s runs there", a.Teller.Where, after.System.Current))
		return cause
	}
	return nil
}

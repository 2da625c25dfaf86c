package remote

import (
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
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
	if nixexec.Interrupted(err) || !errors.As(err, &exit) {
		return err
	}
	lost := exit.Code == nixexec.SSHFailed
	after, waited, known := a.Link.Settled(ctx, a.Query, a.Somebody,
		func() {
			lost = true
			a.Warn("the connection to " + a.Link.Machine.Host.Name + " was lost; connecting again to learn what was changed there")
		},
		func() {
			a.Warn("the activation " + a.Teller.Where + " goes on; waiting for its end, which Ctrl-C does not change; see how it goes: " +
				a.Teller.Journal)
		})
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case !known:
		a.Fail(a.Teller.Unknown())
		return err
	case after.System.Current == "":
		return err // no NixOS yet, and nothing to compare
	}
	text, result := a.Teller.Aftermath(a.Before, after, exit.Code, waited || lost)
	return &OutcomeError{Result: result, Child: nixexec.Status(err), Err: errors.New(text)}
}

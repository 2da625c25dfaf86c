package remote

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// Failure waits until no activation runs on the target any more, and returns the error of the child with what is
// different there, in words: an *OutcomeError; nil where all went well there, whatever the child says. Where the user
// has stopped the run, and where nothing is to be learned, it is the error itself.
func (p Performer) Failure(ctx context.Context, err error) error {
	if !p.touches() {
		return err
	}
	var exit *nixexec.ExitError
	untold := errors.Is(err, connection.ErrUntold)
	if nixexec.Interrupted(err) || !untold && !errors.As(err, &exit) {
		return err
	}
	lost, code := untold || exit.Code == ssh.Failed, -1
	if exit != nil {
		code = exit.Code
	}
	asked, looks := explain.ParseAsked(p.Link.Sent()), 1 // before there is another connection
	if lost {
		looks = 2
	}
	after, waited, why := p.settled(ctx, looks, func() { lost = true })
	switch cause := context.Cause(ctx); {
	case why != nil:
		p.Say.Fail(p.unknown(cmp.Or(cause, why), asked))
		return cmp.Or(cause, err)
	case after.System.Current == "":
		return err // no NixOS yet, and nothing to compare
	}
	told := p.logged(ctx, asked)
	text, result := p.Teller.Aftermath(p.Before, after, told, code, waited || lost)
	if cause := context.Cause(ctx); cause != nil {
		p.Say.Warn(text)
		return cause
	}
	switch result {
	case report.Done:
		p.Say.Info(text)
		return p.booting(after)
	case report.Units:
		p.Blame(ctx, explain.Outcome{Ended: true, Status: facts.UnitsFailed})
	}
	failed := &OutcomeError{Result: result, Err: errors.New(text)}
	known := code == ssh.Failed && (told.System != "" || result == report.Units)
	if p.Job.Dialect != nil && !known { // else the child is ssh, and its status none of ours
		failed.Child = PassedOn(err)
	}
	return failed
}

//go:embed logged.sh
var loggedScript string

// logged is what switch-to-configuration has told the host's journal of the activation that was asked for, since the
// run has looked at the host. Where that is nothing, the login may not read it: nobody is asked for a password for
// that.
func (p Performer) logged(ctx context.Context, asked explain.Asked) explain.Logged {
	if !asked.Ran || p.Before.Clock.IsZero() {
		return explain.Logged{}
	}
	var elevate []string
	if _, free := p.Before.Elevate.Way(p.Job.Request.Ways()); free && p.Job.Commands == nil {
		elevate = p.Job.Elevate
	}
	ctx, cancel := context.WithTimeout(ctx, connection.AnswerTime)
	defer cancel()
	since := strconv.FormatInt(p.Before.Clock.Unix(), 10)
	script := nixexec.Assignments([2]string{"since", since}, nixexec.HostPrograms()) + loggedScript
	out, err := nixexec.Output(ctx, p.Link.Script(elevate, script))
	if err != nil {
		return explain.Logged{}
	}
	return asked.Of(explain.ParseLogged(string(out)))
}

// WholeFailure is Failure for the one child that does all of a deployment, a nixos-rebuild, whether or not the user has
// stopped it. activating says that it had come to that, and explained that its words have told why it failed.
func (p Performer) WholeFailure(ctx context.Context, err error, activating, explained bool) error {
	switch stopped := nixexec.Interrupted(err); {
	case stopped && p.unproved():
		return err
	case !stopped:
		if taken := p.kept(ctx, false); taken != nil {
			return taken
		}
	}
	switch stopped := nixexec.Interrupted(err); {
	case stopped && p.touches():
		p.Stopped(ctx)
	case stopped && activating:
		p.Say.Warn(p.Teller.GoesOn())
	case !(explained && activating):
		return p.Failure(ctx, err)
	}
	return err
}

// touches reports whether a run that fails may leave its target different from before.
func (p Performer) touches() bool {
	return p.Link != nil && decision.NeedsRoot(p.Job.Request.Action) && p.Job.Request.Action != "dry-activate"
}

// nothing says that the target runs what it did, where it was to run something else, and why.
func (p Performer) nothing(why string) {
	if decision.NeedsRoot(p.Job.Request.Action) {
		p.Say.Fail("nothing was activated " + p.Teller.Where + ": " + why)
	}
}

// unknown is what is left to say of a host that cannot be asked any more, and of which that was asked.
func (p Performer) unknown(why error, asked explain.Asked) string {
	switch {
	case errors.Is(why, connection.ErrOther) || errors.Is(why, connection.ErrRebooted):
		return p.Teller.Unknown(why.Error(), asked)
	case nixexec.Interrupted(why):
		return p.Teller.Unknown("the run was stopped before the host had told", asked)
	}
	return p.Teller.Unknown("it is not reached any more", asked) + "\n  when it answers again: " + p.Teller.Status
}

// settled waits until no activation runs on the target any more, and asks it once more what it is like.
func (p Performer) settled(ctx context.Context, looks int, lost func()) (after facts.Host, waited bool, err error) {
	return p.Link.Settled(ctx, p.Query, p.Somebody, looks,
		func() {
			lost()
			p.Say.Warn("the connection to " + p.Link.Machine.Host.Name + " was lost; connecting again to learn what was changed there")
		},
		func() bool {
			p.Say.Warn("the activation " + p.Teller.Where + " goes on; waiting for its end, which Ctrl-C does not change; see how it goes: " +
				p.Teller.Journal)
			return true
		})
}

// stoppedTime bounds how long a host is asked what a run has changed there that the user has stopped.
const stoppedTime = 2 * time.Minute

// Stopped says what a run has changed on its target that the user has stopped under a nixos-rebuild: a command may have
// been on its way then, and what has begun goes on. Nothing is waited for but that it shows. Another signal ends the
// wait.
func (p Performer) Stopped(ctx context.Context) {
	ctx, stop := nixexec.WithSignals(context.WithoutCancel(ctx), syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, stoppedTime)
	defer cancel()
	asked, goesOn := explain.ParseAsked(p.Link.Sent()), false
	after, _, why := p.Link.Settled(ctx, p.Query, false, 2, func() {}, func() bool {
		goesOn = true
		return false
	})
	switch {
	case why != nil:
		p.Say.Fail(p.unknown(why, asked))
	case goesOn || after.AtWork:
		p.Say.Warn(p.Teller.GoesOn())
	case after.System.Current == p.Before.System.Current && after.System.Profile == p.Before.System.Profile &&
		after.System.BootID == p.Before.System.BootID:
		p.nothing("the run was stopped")
	default:
		text, _ := p.Teller.Aftermath(p.Before, after, p.logged(ctx, asked), -1, true)
		p.Say.Warn(text)
	}
}

// Success looks whether a host that a nixos-rebuild says it has switched runs what it boots: nobody but the host
// knows that. The error is an *OutcomeError, or why the run was stopped meanwhile: it is looked nevertheless.
func (p Performer) Success(ctx context.Context) error {
	r := p.Job.Request
	if err := p.kept(ctx, true); err != nil || p.Link == nil || r.Action != "switch" {
		return err
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), stoppedTime)
	defer cancel()
	after, _, why := p.settled(looking, 1, func() {})
	switch cause := context.Cause(ctx); {
	case why != nil:
		return &OutcomeError{Result: report.Unknown, Err: errors.New("nixos-rebuild ended well, but " + p.unknown(why, explain.Asked{}))}
	case explain.Rebooted(p.Before, after):
		return &OutcomeError{Result: report.Unknown, Err: fmt.Errorf("nixos-rebuild ended well, but %s: %w", p.Teller.Where, connection.ErrRebooted)}
	case p.booting(after) != nil:
		return p.booting(after)
	case cause != nil:
		p.Say.Warn(fmt.Sprintf("%s: nixos-rebuild had ended well when the run was stopped; %s runs there", p.Teller.Where, after.System.Current))
		return cause
	}
	return nil
}

// booting is an *OutcomeError where a host that was switched does not boot what it runs. A specialisation runs beside
// what the profile has, and another profile says nothing of what runs.
func (p Performer) booting(after facts.Host) error {
	r := p.Job.Request
	comparable := r.Action == "switch" && !r.Has("--specialisation") && facts.ProfilePath(r.Value("--profile-name")) == facts.ProfilePath("")
	if !comparable || after.System.Profile == after.System.Current {
		return nil
	}
	return &OutcomeError{Result: report.HalfDone, Err: errors.New(p.Teller.NotBooted(after))}
}

package rebuild

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
)

// aftermath says what a run that failed has changed on its target, which a nixos-rebuild does not tell and a lost connection cannot, and returns
// its error, with the exit status that the child has hidden.
func (d *deployment) aftermath(ctx context.Context, err error) error {
	var exit *nixexec.ExitError
	if d.on == nil || d.job.Target == nil || nixexec.Interrupted(err) || !errors.As(err, &exit) || !d.needsRoot() || d.request.Action == "dry-activate" {
		return err
	}
	after, known := d.probeAgain(ctx)
	lost := exit.Code == nixexec.SSHFailed
	if known && slices.ContainsFunc(after.Switches, facts.Unit.Running) {
		d.session.Log.Warn("the activation " + d.where() + " goes on; waiting for its end, which Ctrl-C does not change; see how it goes: " + d.journalCommand())
		after, known = d.awaitEnd(ctx, after)
		lost = true
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if !known {
		d.session.Log.Error(d.unknown())
		return err
	}
	if after.System.Current == "" {
		return err // no NixOS yet, and nothing to compare
	}
	text, status := d.aftermathText(d.on.facts, after, exit.Code, lost)
	if exit.Code != request.ExitFailed {
		status = nixexec.Status(err)
	}
	return &StatusError{Code: status, Err: errors.New(text)}
}

// unknown is what is left to say of a host that is not reached any more.
func (d *deployment) unknown() string {
	return "what was changed " + d.where() + " is not known, for it is not reached any more; see: " + d.journalCommand()
}

// probeAgain asks the target once more for its facts, over a new connection where the one there was is gone.
func (d *deployment) probeAgain(ctx context.Context) (facts.Facts, bool) {
	query := d.query(d.on.machine)
	after, err := d.net.probe(ctx, d.on.master, query, 0)
	if err == nil {
		return after, true
	}
	if ctx.Err() != nil {
		return facts.Facts{}, false
	}
	d.session.Log.Warn("the connection to " + d.job.Target.Host.Name + " was lost; connecting again to learn what was changed there")
	if !d.reconnect(ctx, d.on) {
		return facts.Facts{}, false
	}
	after, err = d.net.probe(ctx, d.on.master, query, 0)
	return after, err == nil
}

// awaitEnd asks until no activation runs on the target any more.
func (d *deployment) awaitEnd(ctx context.Context, after facts.Facts) (facts.Facts, bool) {
	known := true
	for known && slices.ContainsFunc(after.Switches, facts.Unit.Running) {
		select {
		case <-ctx.Done():
			return after, false
		case <-time.After(reconnectPause):
		}
		after, known = d.probeAgain(ctx)
	}
	return after, known
}

// aftermathText puts into words what is different on the target after a child that ended with a code, and into nixhop's exit status.
// switch-to-configuration ends with 4 whenever a unit has failed on a host that it has switched (nixpkgs: switch-to-configuration-ng). Where
// the connection was lost nobody has seen how it ended.
func (d *deployment) aftermathText(before, after facts.Facts, code int, lost bool) (text string, status int) {
	where := d.where()
	o := plan.Outcome{Was: before.System.Current, WasProfile: before.System.Profile, Current: after.System.Current, Status: code}
	if after.System.Profile != before.System.Profile {
		o.Profile, o.Generation = after.System.Profile, fmt.Sprint(after.System.Generation)
	}
	switch {
	case before.System.BootID != after.System.BootID && before.System.BootID != "" && after.System.BootID != "":
		return fmt.Sprintf("%s: it was rebooted meanwhile, and runs %s", where, o.Current), request.ExitFailed
	case o.Current != o.Was && len(after.Failed) > 0:
		o.Status, o.Failed = request.ExitUnits, check.FirstOf(after.Failed)
		return outcomeText(d, o, where)
	case o.Current != o.Was && !lost:
		return fmt.Sprintf("%s: the activation failed after it had begun; %s runs now%s\n%s", where, o.Current, d.nextBoot(o), d.journalCommand()), request.ExitFailed
	case o.Current != o.Was:
		return fmt.Sprintf("%s: %s runs now, but its activation was not seen to succeed%s\n%s", where, o.Current, d.nextBoot(o), d.journalCommand()), request.ExitFailed
	case o.Profile != "":
		return where + ": nothing was activated" + d.nextBoot(o), request.ExitFailed
	default:
		return where + ": it runs and boots the same system as before", request.ExitFailed
	}
}

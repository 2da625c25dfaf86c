// Package reboot has hosts boot anew behind their deployment, and sees to it that what was deployed is what came up.
// Whether that is wanted says the request, and whether it is needed the host itself. What a deployment is does not live
// here, nor in which order hosts are taken.
package reboot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// reboot is one of a host.
type reboot struct {
	remote.Performer
	when     request.Reboot
	patience time.Duration
	words    words
}

// Behind has the host of a performer boot anew, where that is wanted and needed, behind a deployment of a system
// (empty: only the host knows which) that has ended with err, and returns when the new system is up and lets a login
// in. booted says that it was booted. The error is err, or an *remote.OutcomeError, or why the run was stopped.
func Behind(ctx context.Context, p remote.Performer, system string, err error) (booted bool, _ error) {
	when, patience, _ := p.Job.Request.Reboots() // wrong ones were refused as they were typed
	switch {
	case when == request.RebootNever || p.Link == nil:
		return false, err
	case err != nil:
		if !nixexec.Interrupted(err) && context.Cause(ctx) == nil {
			p.Say.Warn(p.Teller.Where + ": it is not rebooted, for its deployment did not end well")
		}
		return false, err
	}
	r := reboot{p, when, patience, words{p.Teller, p.Link.Machine.Host, p.Call, patience}}
	before, told, err := r.ask(ctx, system)
	switch {
	case err != nil:
		return false, err
	case told.idle(when):
		p.Say.Info(p.Teller.Where + ": it needs no reboot")
		return false, nil
	}
	r.Say.Info(r.words.goes(told))
	since := time.Now()
	why, err := r.Link.Booted(ctx, before, patience, r.attended())
	switch {
	case err != nil:
		r.Say.Warn(r.words.stopped(told))
		return true, err
	case why != "":
		return true, &remote.OutcomeError{Result: report.Unknown, Err: errors.New(r.words.lost(told, why))}
	}
	text, err := r.back(ctx, &told, time.Since(since))
	if err == nil && told.once != "" {
		text, err = r.keep(ctx, system, told, text)
	}
	if err == nil {
		p.Say.Info(text)
	}
	return true, err
}

// attended reports whether somebody can be asked by ssh when the host is back.
func (r reboot) attended() bool { return r.Somebody && r.Alone }

// ask has the host begin, unless it is not needed, and returns which boot that was in. The errors say why it was not
// rebooted.
func (r reboot) ask(ctx context.Context, system string) (before connection.Boot, t told, err error) {
	fails := func(result report.Result, format string, args ...any) error {
		text := r.words.not(fmt.Sprintf(format, args...))
		return &remote.OutcomeError{Result: result, Err: errors.New(text)}
	}
	if r.Job.Commands != nil {
		return before, t, fails(report.HalfDone, "sudo lets this login run the commands of nixos-rebuild alone there")
	}
	err = r.Link.Keep(ctx, r.Somebody, func() {
		r.Say.Warn("the connection to " + r.words.host.Name + " was lost; connecting again before its reboot")
	})
	if err == nil {
		before, err = r.Link.Boot(ctx)
	}
	if cause := context.Cause(ctx); cause != nil {
		return before, t, cause
	}
	if err != nil {
		return before, t, fails(report.HalfDone, "%v", err)
	}
	if why := r.Link.NeedsSomebody(ctx); why != "" && !r.attended() {
		return before, t, fails(report.HalfDone, "nobody could see whether it comes back: %s", why)
	}
	step, _ := plan.Reboot(r.Job, system != "")
	out, _, err := r.Take(ctx, step, plan.Results{"toplevel": system})
	switch t = toldOf(out); {
	case t.refused != "":
		return before, t, fails(report.HalfDone, "%s", t.refused)
	case t.asked || err == nil:
		return before, t, nil
	case connection.Lost(err) && t.next != "": // which does not stop the host
		r.Say.Warn("the connection was lost as " + r.words.host.Name + " was told to reboot; waiting whether it does")
		t.asked = true
		return before, t, nil
	case nixexec.Interrupted(err) || context.Cause(ctx) != nil:
		return before, t, err
	}
	return before, t, fails(report.HalfDone, "%v", err)
}

// back sees what came up, and says so in words. t learns whether that is yet to be kept, where its host could not tell.
// The errors are those of Behind.
func (r reboot) back(ctx context.Context, t *told, took time.Duration) (text string, err error) {
	none := func() {}
	after, _, err := r.Link.Settled(ctx, r.Query, r.Somebody, 1, none, func() bool { return true })
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return "", cause
	}
	if err != nil {
		return "", &remote.OutcomeError{Result: report.Unknown, Err: errors.New(r.words.silent(err))}
	}
	if s := after.System; r.Job.Once && t.once == "" && s.Booted == t.next && s.Profile != t.next {
		t.once, t.was = "its boot loader", s.Profile
	}
	text, result := r.words.judge(*t, after.System, took)
	if result != report.Done {
		return "", &remote.OutcomeError{Result: result, Err: errors.New(text)}
	}
	r.Say.Changed(report.Change{Reboot: report.No})
	r.Say.Warnings(failing(r.Teller.Where, r.Before, after))
	return text, nil
}

// keep makes what was booted once, and does what it is for, what boots.
func (r reboot) keep(ctx context.Context, system string, t told, text string) (string, error) {
	if r.Health.Wanted() {
		err := remote.Prove(ctx, r.Health, r.Link, r.Host, t.next)
		var unhealthy *remote.OutcomeError
		if errors.As(err, &unhealthy) {
			unhealthy.Err = errors.New(r.words.unkept(t, "it "+strings.TrimPrefix(err.Error(), "it was activated, but ")))
		}
		if err != nil {
			return "", err
		}
	}
	step, _ := plan.Keep(r.Job, system != "", t.was)
	out, _, err := r.Take(ctx, step, plan.Results{"toplevel": system})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		r.Say.Warn(r.words.unkept(t, "the run was stopped"))
		return "", cause
	}
	switch kept := toldOf(out); {
	case kept.refused != "":
		err = errors.New(kept.refused)
	case err == nil && kept.kept != t.next:
		err = errors.New("it has told nothing of that")
	}
	if err != nil {
		return "", &remote.OutcomeError{Result: report.HalfDone, Err: errors.New(r.words.unkept(t, err.Error()))}
	}
	return text + ", which boots from now on", nil
}

// failing says which units have failed since.
func failing(where string, before, after facts.Host) string {
	if len(after.Failed) == 0 {
		return ""
	}
	return where + ": units have failed: " + explain.Blamed(before.Failed, after.Failed)
}

// told is what a host has told of its reboot (reboot.sh, keep.sh).
type told struct {
	next    string // the system that it boots
	due     string // what of it comes to run only with a boot; empty: nothing
	refused string // why it does not do what it was asked for
	once    string // the loader that boots that system once; empty: it is what boots by itself
	was     string // what boots by itself until the system is kept
	plain   string // why it is not booted once
	kept    string // the system that boots by itself from now on
	asked   bool   // it has begun
}

// idle reports whether the host has seen that there is nothing to boot for.
func (t told) idle(when request.Reboot) bool {
	return !t.asked && when == request.RebootIfNeeded && t.due == ""
}

// toldOf reads the lines of reboot.sh.
func toldOf(out string) (t told) {
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = nixexec.Printable(value[:min(len(value), facts.ShownBytes)])
		texts := map[string]*string{
			"next": &t.next, "due": &t.due, "refused": &t.refused, "once": &t.once, "was": &t.was, "plain": &t.plain, "kept": &t.kept,
		}
		if text := texts[key]; text != nil {
			*text = value
		} else if key == "asked" {
			t.asked = value == "yes"
		}
	}
	return t
}

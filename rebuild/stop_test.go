package rebuild

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// stopAt is a context that a signal ends as soon as an event has happened.
func (f *fleet) stopAt(signal syscall.Signal, at func(report.Event) bool) context.Context {
	ctx, end := f.endedBy(signal)
	f.watch = func(e report.Event) {
		if at(e) {
			end()
		}
	}
	return ctx
}

// endedBy is a context, and how a signal ends it.
func (f *fleet) endedBy(signal syscall.Signal) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancelCause(f.t.Context())
	f.t.Cleanup(func() { cancel(nil) })
	return ctx, func() { cancel(&nixexec.InterruptedError{Signal: signal}) }
}

// beginning is the beginning of a host with a phase.
func beginning(host string, phase report.Phase) func(report.Event) bool {
	return func(e report.Event) bool { return e.Kind == report.Started && e.Host == host && e.Phase == phase }
}

// printing is a text that a program of a host prints.
func printing(host, text string) func(report.Event) bool {
	return func(e report.Event) bool {
		return e.Kind == report.Output && e.Host == host && strings.Contains(e.Text, text)
	}
}

// Ctrl-C in whatever phase ends the run there: no later phase begins, no activation does, and the status tells of it.
func TestStop(t *testing.T) {
	hosts := []string{"h1", "h2"}
	for at, in := range deployment {
		t.Run(string(in), func(t *testing.T) {
			f := newFleet(t, hosts...)
			err := f.deploy(f.stopAt(syscall.SIGINT, beginning("h2", in)), append(hosts, "switch")...)
			if got := phase.Status(err); got != 130 {
				t.Errorf("%v: status %d", err, got)
			}
			for _, e := range f.events {
				if e.Kind == report.Started && slices.Index(deployment, e.Phase) > at {
					t.Errorf("%s has begun with %s", e.Host, e.Phase)
				}
			}
			if got := f.builds(); got > 0 && at < slices.Index(deployment, report.PhaseBuild) {
				t.Errorf("%d systems were built", got)
			}
			if f.changed("h2", in == report.PhaseActivate); in != report.PhaseActivate {
				f.changed("h1", false)
			}
		})
	}
}

// A build is ended by Ctrl-C, here, on the target and on another build host, and there, too.
func TestStopBuild(t *testing.T) {
	for _, c := range []struct{ words, there string }{
		{"h1 h2", ""}, {"h1 h2 --build-host target", "h1"}, {"h1 h2 --build-host big", "big"},
	} {
		t.Run(c.words, func(t *testing.T) {
			f := newFleet(t, "h1", "h2", "big")
			f.configure("h1", "build=wait")
			ctx := f.stopAt(syscall.SIGINT, printing("h1", "building '/nix/store"))
			f.stopped(f.deploy(ctx, append(strings.Fields(c.words), "switch")...), syscall.SIGINT, c.there)
			f.changed("h2", false)
		})
	}
}

// With one host the build has the terminal, which sends it Ctrl-C itself; another signal is passed on to it.
func TestStopForegroundBuild(t *testing.T) {
	for _, c := range []struct{ words, there string }{
		{"h1 --engine native", ""}, {"h1 --engine native --build-host big", "big"},
	} {
		t.Run(c.words, func(t *testing.T) {
			f := newFleet(t, "h1", "big")
			f.configure("h1", "build=wait")
			ctx, end := f.endedBy(syscall.SIGTERM)
			f.readAlong("building '/nix/store", end)
			f.stopped(f.run(ctx, append(strings.Fields(c.words), "switch")...), syscall.SIGTERM, c.there)
		})
	}
}

// stopped wants that a signal has ended the build for h1. That nothing goes on where it ran is seen at the end of each
// test, for this builder would go on for minutes.
func (f *fleet) stopped(err error, by syscall.Signal, there string) {
	f.t.Helper()
	if got, want := phase.Status(err), 128+int(by); got != want {
		f.t.Errorf("%v: status %d, want %d", err, got, want)
	}
	f.tells("nothing was activated on h1: the build was stopped")
	if there != "" && (f.builds() > 0 || !strings.Contains(f.calls(there), "nix-store --realise")) {
		f.t.Errorf("it was not built on %s", there)
	}
	f.changed("h1", false)
}

// readAlong has what foreground children print on standard error read along, and something done when that holds a
// text.
func (f *fleet) readAlong(text string, do func()) {
	f.t.Helper()
	ours, theirs, err := os.Pipe()
	if err != nil {
		f.t.Fatal(err)
	}
	f.session.Stdio.Err = theirs
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var all strings.Builder
		chunk, done := make([]byte, 4<<10), false
		for {
			n, err := ours.Read(chunk)
			all.Write(chunk[:n])
			if !done && strings.Contains(all.String(), text) {
				done = true
				do()
			}
			if err != nil {
				return
			}
		}
	}()
	f.t.Cleanup(func() {
		theirs.Close()
		<-ended
		ours.Close()
	})
}

// An activation goes on whatever is pressed here; who presses twice is told so, with a way to see how it goes.
func TestStopActivation(t *testing.T) {
	f := newFleet(t, "h1", "h2")
	f.turn("h1", "goes-on=units")
	press := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Error(err)
		}
	}
	f.watch = func(e report.Event) {
		if printing("h1", "activating the configuration")(e) || strings.HasPrefix(e.Text, "stopping: ") {
			press()
		}
	}
	err := f.deploy(t.Context(), "switch", "h1", "h2")
	if got := phase.Status(err); got != 130 {
		t.Errorf("%v: status %d", err, got)
	}
	f.tells("the activation on h1 is not ended by this; see how it goes: ssh -F " + f.config + " h1 ")
	if !slices.ContainsFunc(f.events, func(e report.Event) bool {
		return e.Kind == report.Passed && e.Host == "h1" && e.Phase == report.PhaseActivate && e.Result == report.Unknown
	}) {
		t.Error("it is said to be stopped")
	}
	if err := f.run(t.Context(), "check", "h1"); phase.Status(err) != request.ExitCheck {
		t.Errorf("another deployment would be let in: %v", err)
	}
	if !f.Host("h1").AwaitIdle(patience) {
		t.Error("the activation did not end")
	}
	f.changed("h1", true)
}

// Ctrl-C ends a check, too, and the list of hosts, which have no result then.
func TestStopWithoutDeployment(t *testing.T) {
	f := newFleet(t, "h1", "h2")
	ctx, end := f.endedBy(syscall.SIGINT)
	end()
	for _, words := range []string{"check h1 h2", "hosts", "switch h1", "switch h1 --plan", "list-generations h1"} {
		err := f.run(ctx, strings.Fields(words)...)
		var stop *nixexec.InterruptedError
		if !errors.As(err, &stop) || phase.Status(err) != 130 {
			t.Errorf("%s: %v", words, err)
		}
		if got := f.said(report.Printed); got != "" {
			t.Errorf("%s prints:\n%s", words, got)
		}
	}
}

package connection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
)

// A host is asked once for each query, however many want to know.
func TestProbeOnce(t *testing.T) {
	w := worldOf(t, "web")
	_, link := linkTo(t, w, "web")
	queries := []facts.Query{{Target: true}, {BuildHost: true}}
	var wait sync.WaitGroup
	for range 3 {
		for _, q := range queries {
			wait.Go(func() {
				host, err := link.Probe(bounded(t), q)
				if err != nil || host.System.HostName != "web" || !host.Root() || (host.Nix.System != "") != q.BuildHost {
					t.Errorf("%+v: %v, %+v", q, err, host)
				}
			})
		}
	}
	wait.Wait()
	if got := recorded(t, w.Here(), "/bin/sh -s"); got != len(queries) {
		t.Errorf("the host was asked %d times for %d queries", got, len(queries))
	}
}

// A probe that is stopped has what stopped it for an error.
func TestProbeStopped(t *testing.T) {
	w := worldOf(t, "web")
	_, link := linkTo(t, w, "web")
	why := errors.New("another host has failed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := link.Probe(ctx, facts.Query{}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	known := func() { t.Error("the connection was lost, it was said") }
	if _, err := link.probeAgain(ctx, facts.Query{}, false, known); err == nil {
		t.Error("a run that was stopped has asked")
	}
}

// After the connection was lost the host is asked over a new one, if it can be reached.
func TestProbeAgain(t *testing.T) {
	for _, test := range []struct {
		name    string
		down    string // before
		then    string // when it was said that the connection is lost
		lost    bool
		reached bool
	}{
		{"as before", "", "", false, true},
		{"back again", "off", "", true, true},
		{"another host", "off", "key-changed", true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := worldOf(t, "web")
			web := w.Host("web")
			_, link := linkTo(t, w, "web")
			if test.down != "" {
				cut(t, web)
				set(t, web, "down", test.down)
			}
			lost := 0
			host, err := link.probeAgain(bounded(t), facts.Query{Target: true}, false, func() {
				lost++
				set(t, web, "down", test.then)
			})
			if reached := err == nil; reached != test.reached || (lost == 1) != test.lost || lost > 1 {
				t.Errorf("%v, lost %d times", err, lost)
			}
			if (host.System.HostName == "web") != test.reached {
				t.Errorf("told %+v", host)
			}
		})
	}
}

// A host that is gone is one that gave no answer, and why.
func TestProbeRefused(t *testing.T) {
	w := worldOf(t, "web")
	_, link := linkTo(t, w, "web")
	set(t, w.Host("web"), "down", "off")
	cut(t, w.Host("web"))
	_, err := link.Probe(bounded(t), facts.Query{})
	if err == nil || !strings.Contains(err.Error(), "Connection refused") {
		t.Errorf("got %v", err)
	}
}

// The words say what came instead of an answer, and what ended it; the nonce is nobody's business.
func TestProbeError(t *testing.T) {
	late := errors.New("no whole answer within 5s")
	wrong := errors.New(`the host did not answer the probe: it printed "x"`)
	exit := func(code int, stderr string) error {
		return &nixexec.ExitError{Program: "ssh", Code: code, Stderr: stderr}
	}
	for _, test := range []struct {
		err, wrong error
		want       string
	}{
		{fmt.Errorf("stopping %q: %w: %w", "ssh", late, exit(255, "")), wrong, wrong.Error() + " (" + late.Error() + ")"},
		{fmt.Errorf("waiting for %q from %q: %w", "nixhop-end-N1", "ssh", nixexec.ErrOutputLimit), wrong,
			wrong.Error() + " (more output than expected)"},
		{fmt.Errorf("%q ended before it printed %q: %w", "ssh", "nixhop-end-N1", io.ErrUnexpectedEOF), wrong, wrong.Error()},
		{exit(127, "one\n\x1b[31msh: not found\n"), wrong,
			wrong.Error() + ` ("ssh" exited with status 127: "\x1b[31msh: not found")`},
		{exit(1, ""), wrong, wrong.Error() + ` ("ssh" exited with status 1)`},
		{late, nil, late.Error()},
	} {
		if got := probeError(test.err, late, test.wrong); got.Error() != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	if got := probeError(exit(1, strings.Repeat("x", 16<<10)), late, wrong).Error(); len(got) > 400 {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

package connection

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// AnswerTime bounds how long a host may take to answer the probe, unless --connect-timeout gives it longer. An honest
// one needs a tenth of a second, most of it for Nix; the slowest boards that NixOS runs on have a twentieth of such a
// processor, and need half of the time. However patient a user is with the network, nobody needs half a minute.
const (
	AnswerTime    = 5 * time.Second
	AnswerTimeMax = 30 * time.Second
)

type query = facts.Query

// probing is a probe of a host; whoever asks the same meanwhile, or later, gets its answer.
type probing struct {
	once sync.Once
	host facts.Host
	err  error
}

// Probe asks a host for its facts over its connection, once for each query. The session stays open behind it, and with
// it the connection, however long a build takes.
func (l *Link) Probe(ctx context.Context, q facts.Query) (facts.Host, error) {
	l.mu.Lock()
	p := l.probes[q]
	if p == nil {
		p = &probing{}
		l.probes[q] = p
	}
	l.mu.Unlock()
	p.once.Do(func() {
		p.host, p.err = l.probe(ctx, q, l.Machine.Master.ConnectTimeout)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.bootID == "" {
			l.bootID = p.host.System.BootID
		}
	})
	return p.host, p.err
}

// Told is what a host has told, or is about to tell, if there is a connection to it.
func (n *Network) Told(ctx context.Context, m *decision.Machine, q facts.Query) (facts.Host, bool) {
	n.mu.Lock()
	o := n.links[m.Host.String()]
	n.mu.Unlock()
	if o == nil || o.link == nil {
		return facts.Host{}, false
	}
	host, err := o.link.Probe(ctx, q)
	return host, err == nil
}

// Fill writes into the row of a host what it has told, if there is a connection to it.
func (n *Network) Fill(ctx context.Context, row *report.CheckRow, m *decision.Machine, q facts.Query) {
	if host, told := n.Told(ctx, m, q); told {
		row.Address, row.NixOS = m.Endpoint.Address(), host.System.Version
		row.System = strings.TrimSpace(host.System.Kernel + " " + host.System.Machine)
	}
}

// atWorkTime bounds how long a program of an activation is waited for that is no unit: nix-env, while it sets the
// profile.
const atWorkTime = time.Minute

// calmPause is between two looks at a host on which a command may have been on its way when its connection ended.
const calmPause = time.Second

// settlePause is between two looks at a host on which an activation runs.
const settlePause = 2 * time.Second

// Settled asks a host once more for its facts, over a new connection where the one there was is gone, and waits until
// it is at rest: nothing of an activation runs there any more, in so many looks one after the other. lost is called
// where the connection was lost; running, once, where an activation goes on: false ends the wait. The error is why the
// host cannot be asked.
func (l *Link) Settled(ctx context.Context, q facts.Query, somebody bool, looks int, lost func(), running func() bool) (after facts.Host, waited bool, err error) {
	for calm, begun := 0, time.Now(); ; {
		if after, err = l.probeAgain(ctx, q, somebody, lost); err != nil {
			return after, waited, err
		}
		pause := settlePause
		switch unit := slices.ContainsFunc(after.Switches, facts.Unit.Running); {
		case unit && !waited:
			waited = true
			if !running() {
				return after, waited, nil
			}
			calm = 0
		case unit, after.AtWork && time.Since(begun) < atWorkTime:
			calm = 0
		default:
			if calm++; calm >= looks {
				return after, waited, nil
			}
			pause = calmPause
		}
		select {
		case <-ctx.Done():
			return after, waited, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// probeAgain asks once, and once more over a new connection.
func (l *Link) probeAgain(ctx context.Context, q facts.Query, somebody bool, lost func()) (facts.Host, error) {
	after, err := l.probe(ctx, q, 0)
	if err == nil || ctx.Err() != nil {
		return after, err
	}
	lost()
	if err := l.Reconnect(ctx, somebody); err != nil {
		return facts.Host{}, err
	}
	return l.probe(ctx, q, 0)
}

// probe asks once.
func (l *Link) probe(ctx context.Context, q facts.Query, patience time.Duration) (facts.Host, error) {
	nonce := rand.Text()
	patience = min(max(patience, AnswerTime), AnswerTimeMax)
	late := fmt.Errorf("no whole answer within %s; a slow host gets more time with --connect-timeout SECONDS", patience)
	timed, cancel := context.WithTimeoutCause(ctx, patience, late)
	defer cancel()
	answer, err := l.current().Hold(timed, facts.ProbeScript(nonce, q), facts.EndMarker(nonce), facts.ProbeLimit)
	host, wrong := facts.ParseFacts(answer, nonce)
	switch {
	case err == nil:
		return host, wrong
	case ctx.Err() != nil:
		return host, context.Cause(ctx)
	}
	return host, probeError(err, late, wrong)
}

// probeError is why a probe's session ended without a whole answer: what came instead, and what ended it.
func probeError(err, late, wrong error) error {
	var exit *nixexec.ExitError
	switch {
	case errors.Is(err, late):
		err = late
	case errors.Is(err, nixexec.ErrOutputLimit):
		err = nixexec.ErrOutputLimit
	case errors.As(err, &exit) && strings.TrimSpace(exit.Stderr) != "":
		said := nixexec.LastLine(strings.TrimSpace(exit.Stderr))
		err = fmt.Errorf("%w: %q", exit, said[:min(len(said), facts.ShownBytes)])
	case errors.Is(err, io.ErrUnexpectedEOF) && wrong != nil:
		return wrong
	}
	if wrong == nil {
		return err
	}
	return fmt.Errorf("%w (%w)", wrong, err)
}

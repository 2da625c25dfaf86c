package remote

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
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
)

// probeTime bounds how long a host may take to answer the probe, unless --connect-timeout gives it longer. An honest
// one needs a tenth of a second, most of it for Nix; the slowest boards that NixOS runs on have a twentieth of such a
// processor, and need half of the time.
const probeTime = 5 * time.Second

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
func (n *Network) Told(ctx context.Context, m *plan.Machine, q facts.Query) (facts.Host, bool) {
	n.mu.Lock()
	o := n.links[m.Host.String()]
	n.mu.Unlock()
	if o == nil || o.link == nil {
		return facts.Host{}, false
	}
	host, err := o.link.Probe(ctx, q)
	return host, err == nil
}

// Settled asks a host once more for its facts, over a new connection where the one there was is gone, and waits until
// no activation runs there any more. lost is called where the connection was lost, running once where there is
// something to wait for. The error is why the host cannot be asked.
func (l *Link) Settled(ctx context.Context, q facts.Query, somebody bool, lost, running func()) (after facts.Host, waited bool, err error) {
	for {
		after, err = l.probeAgain(ctx, q, somebody, lost)
		if err != nil || !slices.ContainsFunc(after.Switches, facts.Unit.Running) {
			return after, waited, err
		}
		if !waited {
			waited = true
			running()
		}
		select {
		case <-ctx.Done():
			return after, waited, context.Cause(ctx)
		case <-time.After(reconnectPause):
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
	patience = max(patience, probeTime)
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

package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/sshcfg"
)

// Link is the one connection to a host.
type Link struct {
	Machine *plan.Machine
	network *Network

	mu     sync.Mutex
	master *nixexec.Master
	probes map[query]*probing
}

// opening is a connection that somebody opens; others who want it wait for that.
type opening struct {
	once    sync.Once
	link    *Link
	failure *sshcfg.Failure
	err     error
}

// Open opens the one connection to a host, in the foreground so that ssh can ask; whoever asks for the host again gets
// the same one. A failure is why there is no connection; an error has nothing to do with the host. Ctrl-C ends ssh,
// too: it may not have been there yet when it was pressed, and would try for as long as it has patience.
func (n *Network) Open(ctx context.Context, m *plan.Machine) (*Link, *sshcfg.Failure, error) {
	n.mu.Lock()
	word := m.Host.String()
	o := n.links[word]
	if o == nil {
		o = &opening{}
		n.links[word] = o
	}
	n.mu.Unlock()
	o.once.Do(func() {
		master, failure, err := n.reach(ctx, m.Master)
		o.failure, o.err = failure, err
		if master == nil {
			return
		}
		o.link = &Link{Machine: m, network: n, master: master, probes: map[query]*probing{}}
		n.mu.Lock()
		n.open = append(n.open, o.link)
		n.mu.Unlock()
	})
	return o.link, o.failure, o.err
}

// reach opens a connection.
func (n *Network) reach(ctx context.Context, options nixexec.MasterOptions) (*nixexec.Master, *sshcfg.Failure, error) {
	master, log, err := nixexec.OpenMaster(ctx, options, n.options.Stdio)
	if err == nil {
		return master, nil, nil
	}
	var missing *nixexec.NotFoundError
	if errors.As(err, &missing) || ctx.Err() != nil || nixexec.Interrupted(err) {
		return nil, nil, err
	}
	failure := sshcfg.Diagnose(log)
	if failure.Kind == sshcfg.UnknownFailure {
		// A log that could not be written says nothing of the host.
		if full := nixexec.TryRoom(options.Dir); full != nil {
			return nil, nil, fmt.Errorf("connecting to %q: %w", options.Host, full)
		}
	}
	return nil, &failure, nil
}

// Command is a command on the host, over its connection.
func (l *Link) Command(words ...string) nixexec.Command { return l.current().Command(words...) }

func (l *Link) current() *nixexec.Master {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.master
}

// How long a host is tried whose connection was lost: a network that is configured anew, or a sshd that is restarted,
// is back in seconds.
const (
	reconnectTime  = 30 * time.Second
	reconnectPause = 2 * time.Second
	reconnectWait  = 5 * time.Second // for one try, where the user has set no other time
)

// comesBack lists the failures that go by while a host changes its network.
var comesBack = []sshcfg.FailureKind{
	sshcfg.Refused, sshcfg.TimedOut, sshcfg.Unreachable, sshcfg.Unresolved, sshcfg.JumpFailed, sshcfg.Kex, sshcfg.UnknownFailure,
}

// Reconnect opens a connection anew that was lost, and tries that for a while. It asks nothing unless the host lets
// nobody in otherwise and somebody is there. false: the host is not reached.
func (l *Link) Reconnect(ctx context.Context, somebody bool) bool {
	l.current().Close()
	options := l.Machine.Master
	options.Batch = true
	if options.ConnectTimeout == 0 {
		options.ConnectTimeout = reconnectWait
	}
	for deadline := time.Now().Add(reconnectTime); ; {
		master, failure, err := l.network.reach(ctx, options)
		switch {
		case err != nil:
			return false
		case master != nil:
			l.mu.Lock()
			l.master = master
			l.mu.Unlock()
			return true
		case failure.Kind == sshcfg.Denied && options.Batch && somebody:
			options.Batch = false
			continue
		case !slices.Contains(comesBack, failure.Kind) || time.Now().After(deadline):
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(reconnectPause):
		}
	}
}

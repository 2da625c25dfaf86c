package rebuild

import (
	"context"
	"errors"
	"slices"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/sshcfg"
)

// How long a host is tried whose connection was lost: a network that is configured anew, or a sshd that is restarted, is back in seconds.
const (
	reconnectTime  = 30 * time.Second
	reconnectPause = 2 * time.Second
	reconnectWait  = 5 * time.Second // for one try, where the user has set no other time
)

// comesBack lists the failures that go by while a host changes its network.
var comesBack = []sshcfg.FailureKind{
	sshcfg.Refused, sshcfg.TimedOut, sshcfg.Unreachable, sshcfg.Unresolved, sshcfg.JumpFailed, sshcfg.Kex, sshcfg.UnknownFailure,
}

// reconnect opens a connection anew that was lost, and tries that for a while. It asks nothing unless the host lets nobody in otherwise and somebody
// is there. false: the host is not reached.
func (d *deployment) reconnect(ctx context.Context, c *connection) bool {
	c.master.Close()
	m := *c.machine
	m.Master.Batch = true
	if m.Master.ConnectTimeout == 0 {
		m.Master.ConnectTimeout = reconnectWait
	}
	for deadline := time.Now().Add(reconnectTime); ; {
		again, found, err := d.net.reach(ctx, &m)
		switch {
		case err != nil:
			return false
		case len(found) == 0:
			c.master, c.failure = again.master, nil
			c.machine.Master = m.Master
			return true
		case again.failure.Kind == sshcfg.Denied && m.Master.Batch && d.session.Interactive && d.batch == nil:
			m.Master.Batch = false
			continue
		case !slices.Contains(comesBack, again.failure.Kind) || time.Now().After(deadline):
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(reconnectPause):
		}
	}
}

// awaitOutcome connects to the target once more, when the connection was lost during nixhop's own activation, waits for the end of that and returns
// what it has reported: nothing where it did not begin. false: the host is not reached.
func (d *deployment) awaitOutcome(ctx context.Context) (string, bool) {
	d.session.Log.Warn("the connection was lost during the activation " + d.where() + ", which goes on without it; connecting again to learn how it ends")
	for d.reconnect(ctx, d.on) {
		out, err := nixexec.Output(ctx, d.on.master.Script(nil, plan.AwaitScript(d.job.Run())))
		var exit *nixexec.ExitError
		if nixexec.Interrupted(err) || !errors.As(err, &exit) || exit.Code != nixexec.SSHFailed {
			return string(out), true
		}
	}
	return "", false
}

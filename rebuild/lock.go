package rebuild

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// lock makes this run the only one from here that changes the target, until release is called. Where another one does, it says
// which one, and waits. A run that cannot have a lock goes on without: the host itself refuses a second activation at the same time.
func (d *deployment) lock(ctx context.Context) (release func(), err error) {
	m := d.job.Target
	if m == nil || !slices.Contains(request.ContactActions, d.request.Action) {
		return func() {}, nil
	}
	alias := m.Host.String()
	word := fmt.Sprintf("process %d: nixhop %s %s", os.Getpid(), d.request.Action, nixexec.Quote(d.target.Selector.Word))
	lock, err := nixexec.WaitLock(ctx, lockName(m.Endpoint), word, func(holder string) {
		d.session.Log.Info("waiting for another deployment to " + alias + " from here (" + nixexec.Printable(holder) + "); Ctrl-C ends the wait")
	})
	switch {
	case err == nil:
		return lock.Release, nil
	case ctx.Err() != nil:
		return nil, err
	}
	d.session.Log.Warn(fmt.Sprintf("another nixhop may deploy to %s at the same time: %s", alias, nixexec.Printable(err.Error())))
	return func() {}, nil
}

// lockName is the same for all logins and aliases that lead to one sshd by one way.
func lockName(e sshcfg.Endpoint) string {
	way := fmt.Sprintf("%q %d %q %q", strings.ToLower(e.HostName), e.Port, e.ProxyJump, e.ProxyCommand)
	sum := sha256.Sum256([]byte(way))
	return "lock-" + hex.EncodeToString(sum[:8])
}

package ssh

import (
	"context"
	"errors"
	"strings"
	"time"
)

// ErrNoLogin says that a host took the connection, and then did not come to the login in time.
var ErrNoLogin = errors.New("the host took the connection, and did not come to the login in time")

const (
	talkLook  = 50 * time.Millisecond
	talkGrace = time.Second      // what ssh bounds itself it tells in better words
	loginTime = 30 * time.Second // of the login itself, where nobody is asked
)

// What ssh's log says on its way to the host, in this order. From the host key on a person may be asked something; over
// a jump host, already before the host itself has spoken.
const (
	logConnecting = "debug1: Connecting to "
	logAnswered   = "debug1: Remote protocol version "
	logHostKey    = "debug1: Server host key: "
)

// untilLogin returns a context that ends with ErrNoLogin where the host takes longer than ConnectTimeout until it has
// shown its key: ssh's own limit is one for each answer, and a host that says something each second, or nothing behind
// its first line, holds it for ever. Where nobody is asked anything the login itself has an end, too.
func (m *Master) untilLogin(ctx context.Context) (limited context.Context, stop func()) {
	if m.options.ConnectTimeout <= 0 {
		return ctx, func() {}
	}
	limited, cancel := context.WithCancelCause(ctx)
	go func() {
		var began time.Time
		limit := m.options.ConnectTimeout + talkGrace
		for {
			log := readHead(m.options.logFile())
			if strings.Contains(log, logHostKey) {
				if !m.options.Batch {
					return
				}
				limit = m.options.ConnectTimeout + loginTime
			}
			talks := strings.Contains(log, logConnecting) || strings.Contains(log, logAnswered)
			if began.IsZero() && (m.options.Batch || talks) {
				began = time.Now()
			}
			if !began.IsZero() && time.Since(began) > limit {
				cancel(ErrNoLogin)
			}
			select {
			case <-limited.Done():
				return
			case <-time.After(talkLook):
			}
		}
	}()
	return limited, func() { cancel(context.Canceled) }
}

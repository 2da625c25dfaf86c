package connection

import (
	"testing"
	"time"

	"nixhop/sshcfg"
)

func TestRetry(t *testing.T) {
	for _, test := range []struct {
		name    string
		failure sshcfg.Failure
		tries   int
		want    time.Duration // 0: it counts
	}{
		{"dropped before the login", sshcfg.Failure{Kind: sshcfg.Kex}, 1, 500 * time.Millisecond},
		{"again", sshcfg.Failure{Kind: sshcfg.Kex}, 4, 4 * time.Second},
		{"once too often", sshcfg.Failure{Kind: sshcfg.Kex}, 5, 0},
		{"dropped by the jump host", sshcfg.Failure{Kind: sshcfg.JumpFailed, Cause: sshcfg.Kex}, 2, time.Second},
		{"the jump host says nothing", sshcfg.Failure{Kind: sshcfg.JumpFailed, Cause: sshcfg.UnknownFailure}, 1, 500 * time.Millisecond},
		{"the jump host is off", sshcfg.Failure{Kind: sshcfg.JumpFailed, Cause: sshcfg.TimedOut}, 1, 0},
		{"off", sshcfg.Failure{Kind: sshcfg.TimedOut}, 1, 0},
		{"nothing listens", sshcfg.Failure{Kind: sshcfg.Refused}, 1, 0},
		{"denied", sshcfg.Failure{Kind: sshcfg.Denied}, 1, 0},
	} {
		if pause, again := retry(test.failure, test.tries); pause != test.want || again != (test.want > 0) {
			t.Errorf("%s: got %s, %v", test.name, pause, again)
		}
	}
}

package connection

import (
	"time"

	"nixhop/sshcfg"
)

// retryPauses are how long is waited before each further try of a connection that sshd has dropped: of many hosts
// behind one jump host, or of many connections of one user, it drops some that it would have taken a moment later
// (MaxStartups and PerSourcePenalties in sshd_config(5)).
var retryPauses = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// retry is how long to wait before a connection that failed is tried again; false: it counts. tries is how often it was
// tried. That nothing listens, or nobody answers, has nothing to do with how many there are.
func retry(failure sshcfg.Failure, tries int) (pause time.Duration, again bool) {
	dropped := failure.Kind == sshcfg.Kex ||
		failure.Kind == sshcfg.JumpFailed && (failure.Cause == sshcfg.Kex || failure.Cause == sshcfg.UnknownFailure)
	if !dropped || tries > len(retryPauses) {
		return 0, false
	}
	return retryPauses[tries-1], true
}

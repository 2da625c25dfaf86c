package rebuild

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"nixhop/nixexec"
)

// probeTime bounds how long a host may take to answer the probe: an honest one needs a tenth of a second.
const probeTime = 15 * time.Second

// probe asks a host for its facts over its connection. The session stays open behind it, and with it the connection, however
// long a build takes.
func (n *network) probe(ctx context.Context, master *nixexec.Master, query Query) (Facts, error) {
	nonce := rand.Text()
	ctx, cancel := context.WithTimeoutCause(ctx, probeTime, fmt.Errorf("no whole answer within %s", probeTime))
	defer cancel()
	answer, err := master.Hold(ctx, ProbeScript(nonce, query), EndMarker(nonce), ProbeLimit)
	facts, parseErr := ParseFacts(answer, nonce)
	if err != nil {
		return facts, err
	}
	return facts, parseErr
}

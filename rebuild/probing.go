package rebuild

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
)

// probeTime bounds how long a host may take to answer the probe, unless --connect-timeout gives it longer. An honest one needs a tenth of
// a second, most of it for Nix; the slowest boards that NixOS runs on have a twentieth of such a processor, and need half of the time.
const probeTime = 5 * time.Second

// probe asks a host for its facts over its connection. The session stays open behind it, and with it the connection, however
// long a build takes.
func (n *network) probe(ctx context.Context, master *nixexec.Master, query facts.Query, patience time.Duration) (facts.Facts, error) {
	nonce := rand.Text()
	patience = max(patience, probeTime)
	late := fmt.Errorf("no whole answer within %s; a slow host gets more time with --connect-timeout SECONDS", patience)
	ctx, cancel := context.WithTimeoutCause(ctx, patience, late)
	defer cancel()
	answer, err := master.Hold(ctx, facts.ProbeScript(nonce, query), facts.EndMarker(nonce), facts.ProbeLimit)
	known, wrong := facts.ParseFacts(answer, nonce)
	if err == nil {
		return known, wrong
	}
	return known, probeError(err, late, wrong)
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

package evaluation

import (
	"context"
	"slices"
	"strings"
	"sync"

	"nixhop/nixexec"
)

// light is what a nix takes at most, in bytes, that has found the derivation of a real system in its cache.
const light = 256 << 20

// trial finds out whether Nix's cache has what the configurations of a flake evaluate to: the first of several hosts of
// which nothing is kept shows it for all. It matters to them, for a nix that answers from its cache tells no facts, and
// a second one that tells these, beside each evaluation, takes the processor that the evaluation of another host needs.
type trial struct {
	starts, ends sync.Once
	begun, ended chan struct{}
	has          bool // valid once it has ended
}

func newTrial() *trial { return &trial{begun: make(chan struct{}), ended: make(chan struct{})} }

// begin reports whether it is the caller who makes it, and has to end it.
func (t *trial) begin() (first bool) {
	t.starts.Do(func() {
		first = true
		close(t.begun)
	})
	return first
}

// end says what has come of it; what was said first counts.
func (t *trial) end(has bool) {
	t.ends.Do(func() {
		t.has = has
		close(t.ended)
	})
}

// wait waits until it has ended, and reports whether the cache has the derivations. The error is the cause of ctx.
func (t *trial) wait(ctx context.Context) (has bool, err error) {
	select {
	case <-t.ended:
		return t.has, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// tried has Nix tell the derivation of a configuration of which nothing is kept, with others beside it: from its cache,
// as far as that is known to have it, else by one evaluation that tells the facts, too.
func (v Evaluator) tried(ctx context.Context, e *Evaluation, q Question, l Lock, run runner) (string, error) {
	t := v.Kept.trial
	if t.begin() {
		defer t.end(false)
		return v.fromCache(ctx, e, q, l, true, run, t)
	}
	has, err := t.wait(ctx)
	switch {
	case err != nil:
		return "", err
	case has:
		return v.fromCache(ctx, e, q, l, true, run, nil)
	default:
		return v.atOnce(e, q, l, run)
	}
}

// atOnce has one evaluation tell facts and derivation, and keeps both. Nix's own cache gets nothing from it.
func (v Evaluator) atOnce(e *Evaluation, q Question, l Lock, run runner) (string, error) {
	command := q.Command
	command.Argv = slices.Concat(q.Argv, []string{noCache})
	out, err := run(command, e.take)
	derivation := strings.TrimSpace(nixexec.LastLine(out))
	if known := e.known(); err == nil && known != nil && nixexec.StorePath.MatchString(derivation) {
		v.Kept.keepDerivation(l, q.Wanted.Configuration, derivation)
		v.Kept.keepFacts(derivation, q.Wanted.Configuration, *known)
		v.Kept.keepFacts(l.Fingerprint, q.Wanted.Configuration, *known)
	}
	return out, err
}

package remote

import (
	"context"
	"sync"
)

// Together has what many want done, each with a word of its own, done by few calls with many words: a call takes
// everything that was asked for while the one before it ran. Nix schedules the builds of one call by itself, and keeps
// to the user's limits; of eight calls each would take all that is allowed.
type Together struct {
	do func(ctx context.Context, words []string)

	mu      sync.Mutex
	waiting *round // that will be begun next; nil: none
	running bool
}

// round is one call.
type round struct {
	words []string
	done  chan struct{}
}

// NewTogether has do do it. It is not called twice at a time.
func NewTogether(do func(ctx context.Context, words []string)) *Together { return &Together{do: do} }

// Do returns when a call that had the word has ended, or ctx has.
func (t *Together) Do(ctx context.Context, word string) {
	t.mu.Lock()
	if t.waiting == nil {
		t.waiting = &round{done: make(chan struct{})}
	}
	mine := t.waiting
	mine.words = append(mine.words, word)
	if !t.running {
		t.running = true
		go t.rounds(ctx)
	}
	t.mu.Unlock()
	select {
	case <-mine.done:
	case <-ctx.Done():
	}
}

// rounds calls as long as somebody waits.
func (t *Together) rounds(ctx context.Context) {
	for {
		t.mu.Lock()
		now := t.waiting
		t.waiting = nil
		t.running = now != nil
		t.mu.Unlock()
		if now == nil {
			return
		}
		t.do(ctx, now.words)
		close(now.done)
	}
}

package evaluation

import (
	"context"
	"slices"
	"sync"
)

// Turns are the places for the evaluations that run at a time in the background. How many there are is learned on the
// way: what one takes is known when it has ended.
type Turns struct {
	room  func(peak int64) int
	small chan struct{} // places for small questions to the store, which take no memory to speak of

	mu      sync.Mutex
	peak    int64 // the most memory that one has taken so far, in bytes; 0: none has ended
	running int
	waiting []chan struct{} // in the order in which they came; closed when it is their turn
}

// NewTurns has as many as room says, for evaluations that take up to so many bytes each; 0: nobody knows yet.
func NewTurns(room func(peak int64) int) *Turns {
	return &Turns{room: room, small: make(chan struct{}, smallQuestions)}
}

// smallQuestions is how many of those are asked at a time: hundreds of processes side by side are no faster.
const smallQuestions = 4

// ask asks a small question when there is a place for it.
func (t *Turns) ask(question func()) {
	t.small <- struct{}{}
	defer func() { <-t.small }()
	question()
}

// take waits for a turn. The error is the cause of ctx.
func (t *Turns) take(ctx context.Context) error {
	turn := make(chan struct{})
	t.mu.Lock()
	t.waiting = append(t.waiting, turn)
	t.call()
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := slices.Index(t.waiting, turn); at >= 0 {
		t.waiting = slices.Delete(t.waiting, at, at+1)
		return context.Cause(ctx)
	}
	t.running-- // it had come at the same moment
	t.call()
	return context.Cause(ctx)
}

// give gives a turn back after an evaluation that has taken up to so many bytes; 0: it is not known.
func (t *Turns) give(peak int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	t.peak = max(t.peak, peak)
	t.call()
}

// call lets those have their turn that there is room for. It is called with the lock held.
func (t *Turns) call() {
	for len(t.waiting) > 0 && t.running < t.room(t.peak) {
		close(t.waiting[0])
		t.waiting = t.waiting[1:]
		t.running++
	}
}

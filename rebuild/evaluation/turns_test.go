package evaluation

import (
	"context"
	"errors"
	"testing"
)

// What the first evaluation has taken says how many run at a time behind it, and what a later one takes more, too.
func TestTurns(t *testing.T) {
	turns := NewTurns(func(peak int64) int { return map[int64]int{0: 1, 5: 3, 9: 2}[peak] })
	got := make(chan error)
	take := func() { got <- turns.take(t.Context()) }
	begun := func(n int) {
		t.Helper()
		for range n {
			if err := <-got; err != nil {
				t.Fatal(err)
			}
		}
		turns.mu.Lock()
		defer turns.mu.Unlock()
		if turns.running > turns.room(turns.peak) && turns.peak != 9 {
			t.Errorf("%d run, after %d bytes", turns.running, turns.peak)
		}
	}
	for range 6 {
		go take()
	}
	begun(1)
	turns.give(5)
	begun(3)
	turns.give(9) // two are left, and that is all there is room for
	turns.give(5)
	begun(1)
	turns.give(0)
	begun(1)
	turns.give(0)
	turns.give(0)
	if turns.running != 0 || len(turns.waiting) != 0 {
		t.Errorf("%d run, %d wait", turns.running, len(turns.waiting))
	}
}

// Who waits is let go by the end of the run, and takes nobody's place.
func TestTurnsEnd(t *testing.T) {
	turns := NewTurns(func(int64) int { return 1 })
	if err := turns.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	why := errors.New("over")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(why)
	if err := turns.take(ctx); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	turns.give(0)
	if err := turns.take(t.Context()); err != nil || turns.running != 1 {
		t.Errorf("%v, %d run", err, turns.running)
	}
}

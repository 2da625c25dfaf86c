package remote

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// Whoever asks while a call runs is in the next one, and nobody is left out or done twice.
func TestTogether(t *testing.T) {
	var calls [][]string
	began, goOn := make(chan struct{}), make(chan struct{})
	together := NewTogether(func(_ context.Context, words []string) {
		calls = append(calls, words)
		if len(calls) == 1 {
			close(began)
			<-goOn
		}
	})
	var wait sync.WaitGroup
	wait.Go(func() { together.Do(t.Context(), "first") })
	<-began
	for i := range 20 {
		wait.Go(func() { together.Do(t.Context(), fmt.Sprint("later ", i)) })
	}
	for waiting := 0; waiting < 20; {
		together.mu.Lock()
		if together.waiting != nil {
			waiting = len(together.waiting.words)
		}
		together.mu.Unlock()
	}
	close(goOn)
	wait.Wait()
	if len(calls) != 2 || !slices.Equal(calls[0], []string{"first"}) || len(calls[1]) != 20 {
		t.Errorf("got %q", calls)
	}
	together.Do(t.Context(), "last")
	if len(calls) != 3 {
		t.Errorf("behind that: %q", calls)
	}
}

// Who is stopped does not wait for what the others want.
func TestTogetherStopped(t *testing.T) {
	goOn := make(chan struct{})
	together := NewTogether(func(context.Context, []string) { <-goOn })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	together.Do(ctx, "a")
	close(goOn)
}

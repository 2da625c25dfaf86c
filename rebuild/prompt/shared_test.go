package prompt

import (
	"context"
	"strings"
	"sync"
	"testing"

	"nixhop/nixexec"
)

// typist types a password for each question, and remembers the questions.
type typist struct {
	Nobody
	mu    sync.Mutex
	asked []string
}

func (p *typist) Secret(_ context.Context, prompt string) (nixexec.Secret, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, prompt)
	return nixexec.NewSecret(strings.Repeat("x", len(p.asked))), nil
}

// Eight hosts want a password at once: it is asked for once. The host that does not take it is asked for apart.
func TestSharedPassword(t *testing.T) {
	who := &typist{}
	shared := NewShared(who)
	hosts := make([]Asker, 8)
	var wait sync.WaitGroup
	for i := range hosts {
		hosts[i] = ForHost(shared)
		wait.Go(func() {
			if _, err := hosts[i].Secret(t.Context(), "host's own: "); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(who.asked) != 1 || strings.Contains(who.asked[0], "own") {
		t.Fatalf("asked %q", who.asked)
	}
	_, _ = hosts[3].Secret(t.Context(), "host 3: ")
	if len(who.asked) != 2 || who.asked[1] != "host 3: " {
		t.Errorf("asked %q", who.asked)
	}
	if Tries(hosts[0]) != tries+1 || Tries(ForHost(NewShared(Line{}))) != 1 {
		t.Error("one line is one password, for however many hosts")
	}
}

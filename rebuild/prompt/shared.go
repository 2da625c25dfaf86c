package prompt

import (
	"context"
	"sync"

	"nixhop/nixexec"
)

// tries is how often a password may be mistyped, as for sudo itself.
const tries = 3

// Shared asks for the password of sudo once for all hosts of a run, and apart for a host that does not take it.
type Shared struct {
	ask   Asker
	turn  sync.Mutex
	first func(context.Context) (nixexec.Secret, error)
}

// NewShared asks by ask.
func NewShared(ask Asker) *Shared {
	s := &Shared{ask: ask}
	var once sync.Once
	var password nixexec.Secret
	var err error
	s.first = func(ctx context.Context) (nixexec.Secret, error) {
		once.Do(func() {
			password, err = s.apart(ctx, "[sudo] password, for every host that wants one: ")
		})
		return password, err
	}
	return s
}

// Secret asks while nobody else does.
func (s *Shared) Secret(ctx context.Context, prompt string) (nixexec.Secret, error) {
	return s.apart(ctx, prompt)
}

// Agree asks while nobody else does.
func (s *Shared) Agree(ctx context.Context, question string) (bool, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.ask.Agree(ctx, question)
}

// Yes asks while nobody else does.
func (s *Shared) Yes(ctx context.Context, prompt string) (bool, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.ask.Yes(ctx, prompt)
}

// ForHost is the asker of one host: of a Shared, what it is asked for first is everybody's password, and then its own.
func ForHost(ask Asker) Asker {
	if s, is := ask.(*Shared); is {
		return &hostsShare{Shared: s}
	}
	return ask
}

// apart asks while nobody else does.
func (s *Shared) apart(ctx context.Context, prompt string) (nixexec.Secret, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.ask.Secret(ctx, prompt)
}

// hostsShare is what one host of a Shared is asked through.
type hostsShare struct {
	*Shared
	asked bool
}

// Secret is the password of all hosts, and then one that is asked for.
func (h *hostsShare) Secret(ctx context.Context, prompt string) (nixexec.Secret, error) {
	if !h.asked {
		h.asked = true
		return h.first(ctx)
	}
	return h.apart(ctx, prompt)
}

// Tries is how many passwords there are to be had.
func Tries(ask Asker) int {
	if shared, is := ask.(*hostsShare); is && Tries(shared.ask) == 1 {
		return 1
	} else if is {
		return tries + 1 // the one for all hosts, and its own
	}
	if _, once := ask.(Line); once {
		return 1
	}
	return tries
}

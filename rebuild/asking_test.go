package rebuild

import (
	"context"
	"sync"

	"nixhop/nixexec"
)

// answers is somebody who answers what is asked.
type answers struct {
	secrets []string // one after another; behind the last one: none
	yes     bool
	err     error // instead of an answer

	mu    sync.Mutex
	asked []string
}

// Secret is the next secret.
func (a *answers) Secret(_ context.Context, prompt string) (nixexec.Secret, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, prompt)
	if a.err != nil || len(a.secrets) == 0 {
		return nixexec.Secret{}, a.err
	}
	secret := a.secrets[0]
	a.secrets = a.secrets[1:]
	return nixexec.NewSecret(secret), nil
}

// Yes is the same answer each time.
func (a *answers) Yes(_ context.Context, prompt string) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, prompt)
	return a.yes, a.err
}

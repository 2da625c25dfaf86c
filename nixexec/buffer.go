package nixexec

import (
	"errors"
	"sync"
)

// ErrOutputLimit says that a program wrote more than is kept of it, and was cut off.
var ErrOutputLimit = errors.New("more output than expected")

// head keeps the first limit bytes and refuses the rest, which ends the copy and closes the child's pipe.
// The lock is for a copy that goes on after Wait gave up on it.
type head struct {
	limit int

	mu   sync.Mutex
	kept []byte
	over bool
}

// Write keeps what fits and fails where something did not.
func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := min(len(p), h.limit-len(h.kept))
	h.kept = append(h.kept, p[:n]...)
	if n < len(p) {
		h.over = true
		return n, ErrOutputLimit
	}
	return n, nil
}

// full reports whether something did not fit.
func (h *head) full() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.over
}

// bytes returns what was kept.
func (h *head) bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]byte(nil), h.kept...)
}

// tail keeps the last limit bytes of what is written to it.
type tail struct {
	limit int

	mu   sync.Mutex
	kept []byte
}

// Write never fails: the child must not notice that its standard error is cut.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - t.limit; over > t.limit {
		t.kept = t.kept[:copy(t.kept, t.kept[over:])]
	}
	return len(p), nil
}

// String returns the last bytes.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept[max(0, len(t.kept)-t.limit):])
}

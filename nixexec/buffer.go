package nixexec

import (
	"errors"
	"io"
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

// tailPiece is how much of a child's standard error is read at a time, in bytes. It is little as a rule, and some
// children have a reader for as long as a run lasts: a large piece would be most of what a host of a fleet takes here.
const tailPiece = 2 << 10

// ReadFrom takes all that r has, for io.Copy, which would take a larger piece.
func (t *tail) ReadFrom(r io.Reader) (total int64, err error) {
	piece := make([]byte, tailPiece)
	for {
		n, err := r.Read(piece)
		total += int64(n)
		_, _ = t.Write(piece[:n])
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// String returns the last bytes.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept[max(0, len(t.kept)-t.limit):])
}

package nixexec

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrNotHeard says that a program that tells now and then that it still runs has not done so any more.
var ErrNotHeard = errors.New("nothing was heard of it any more")

// listen returns a context that ends with ErrNotHeard where the command has a bound for its silence and nothing is
// written for so long, and the writer that hears it.
func (c Command) listen(ctx context.Context, to io.Writer) (listening context.Context, heard io.Writer, stop func()) {
	if c.Silence <= 0 || to == nil {
		return ctx, to, func() {}
	}
	listening, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(c.Silence, func() { cancel(ErrNotHeard) })
	return listening, &pulse{to, timer, c.Silence}, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}

// pulse is a writer that puts off a timer.
type pulse struct {
	to    io.Writer
	timer *time.Timer
	limit time.Duration
}

// Write hands the text on.
func (p *pulse) Write(text []byte) (int, error) {
	p.timer.Reset(p.limit)
	return p.to.Write(text)
}

package nixexec

import (
	"bufio"
	"context"
	"time"
)

// Echo starts c in the background, which is to send back each line that it is sent, and returns how long the quickest
// of some lines took to come back; the child is ended then. What the start takes does not count. The errors are those
// of a child that cannot be started, or ends before.
func Echo(ctx context.Context, c Command, lines int) (time.Duration, error) {
	ctx, stop := WithSignals(ctx, keyboard()...)
	defer stop()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	h, err := startHeld(c)
	if err != nil {
		return 0, err
	}
	type answer struct {
		trip time.Duration
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		trip, err := h.echo(lines)
		answers <- answer{trip, err}
	}()
	select {
	case <-ctx.Done():
		err := stopped(ctx, h.program, h.end(0))
		<-answers
		return 0, err
	case a := <-answers:
		if err := h.end(releaseDelay); a.err != nil && err != nil {
			return 0, err
		}
		return a.trip, a.err
	}
}

// echo sends lines, one after another, behind one that is not measured.
func (h *Held) echo(lines int) (quickest time.Duration, err error) {
	back := bufio.NewReader(h.stdout)
	for i := range lines + 1 {
		sent := time.Now()
		if _, err = h.stdin.WriteString("\n"); err != nil {
			return 0, err
		}
		if _, err = back.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if trip := time.Since(sent); i == 1 || i > 1 && trip < quickest {
			quickest = trip
		}
	}
	return quickest, nil
}

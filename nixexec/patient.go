package nixexec

import (
	"context"
	"syscall"
)

// patience is the key of a context that counts the keyboard's signals by itself.
type patience struct{}

// Patient returns a context for what is to be finished although the user has pressed Ctrl-C once: the keyboard ends it
// with the second signal only, with an *InterruptedError as its cause. What else ends ctx, which is to come from
// WithSignals, ends it, too. first is called at the first signal, from another goroutine. What runs in the background
// under the context (Output) gets no signal before. stop gives the signals back.
func Patient(ctx context.Context, first func()) (patient context.Context, stop context.CancelFunc) {
	without, drop := withoutKeyboard(ctx)
	patient, cancel := context.WithCancelCause(context.WithValue(without, patience{}, true))
	caught, release := catch(keyboard())
	go func() {
		for asked := false; ; asked = true {
			select {
			case <-patient.Done():
				return
			case s := <-caught:
				if number, is := s.(syscall.Signal); is && asked {
					cancel(&InterruptedError{Signal: number})
					return
				}
				first()
			}
		}
	}()
	return patient, func() {
		release()
		cancel(context.Canceled)
		drop()
	}
}

// attentive is ctx with an ear for the keyboard, unless it has one of its own.
func attentive(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Value(patience{}) != nil {
		return context.WithCancel(ctx)
	}
	return WithSignals(ctx, keyboard()...)
}

package nixexec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

// InterruptedError says that a signal asked the run to stop. Run, Capture, Output and Hold return it when
// SIGINT or SIGQUIT arrived while the child ran, whatever the child made of it: a child that exits with 1
// after Ctrl-C, or one that was too short to notice and succeeded, must not let the next step start.
// Err nil means that the child itself succeeded.
type InterruptedError struct {
	Signal syscall.Signal
	Err    error // how the child ended, or nil
}

// Error names the signal and, where there is more to say, the end of the child.
func (e *InterruptedError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("stopped by signal %s: %v", e.Signal, e.Err)
	}
	return fmt.Sprintf("stopped by signal %s", e.Signal)
}

// Unwrap returns how the child ended.
func (e *InterruptedError) Unwrap() error { return e.Err }

// WithSignals returns a context that is cancelled, with an *InterruptedError as its cause, when one of the
// signals arrives. A signal that this process was started to ignore (nohup, a shell's background job) stays
// ignored. stop gives the signals back and cancels the context.
//
// SIGINT and SIGQUIT end everything that is run under the context but a child in the foreground (Run, Capture, Watch):
// the terminal has already sent them to it, and it must not get a second signal. SIGTERM and SIGHUP, in the same call
// or in an earlier one, still end such a child when the keyboard has ended the context before.
func WithSignals(parent context.Context, signals ...syscall.Signal) (ctx context.Context, stop context.CancelFunc) {
	var keys, others []syscall.Signal
	for _, s := range signals {
		if slices.Contains(keyboard(), s) {
			keys = append(keys, s)
		} else {
			others = append(others, s)
		}
	}
	ctx, stopOthers := withSignals(parent, others)
	if len(keys) == 0 {
		return ctx, stopOthers
	}
	ending := &endedByKeys{before: ctx, keys: keys}
	ctx, stopKeys := withSignals(context.WithValue(ctx, keysKey{}, ending), keys)
	ending.over = ctx.Done()
	return ctx, func() {
		stopKeys()
		stopOthers()
	}
}

// keysKey is the key under which a context that the keyboard ends keeps an *endedByKeys.
type keysKey struct{}

// endedByKeys tells how a context was made that the keyboard ends.
type endedByKeys struct {
	before context.Context // which it was made of
	keys   []syscall.Signal
	over   <-chan struct{}
}

// givesBack is the key under which a context keeps what gives its signals back.
type givesBack struct{}

// giveBack gives the signals back that ctx catches: from now on they do to this process what they do to any. The error
// is the signal that has arrived before, if one has.
func giveBack(ctx context.Context) error {
	stop, _ := ctx.Value(givesBack{}).(context.CancelFunc)
	if stop != nil {
		stop()
	}
	var interrupted *InterruptedError
	if errors.As(context.Cause(ctx), &interrupted) {
		return interrupted
	}
	return nil
}

// withSignals is WithSignals without regard to which signals they are.
func withSignals(parent context.Context, signals []syscall.Signal) (ctx context.Context, stop context.CancelFunc) {
	ending, cancel := context.WithCancelCause(parent)
	caught, release := catch(signals)
	stopping, waited := make(chan struct{}), make(chan struct{})
	take := func(s os.Signal) {
		if number, ok := s.(syscall.Signal); ok {
			cancel(&InterruptedError{Signal: number})
		}
	}
	go func() {
		defer close(waited)
		select {
		case s := <-caught:
			take(s)
		case <-ending.Done():
		case <-stopping:
			select {
			case s := <-caught: // which came just before
				take(s)
			default:
			}
		}
		// The signals stay caught until stop: a second Ctrl-C must not kill this process while it cleans up.
	}()
	stop = sync.OnceFunc(func() {
		release()
		close(stopping)
		<-waited
		cancel(context.Canceled)
	})
	outer, _ := parent.Value(givesBack{}).(context.CancelFunc)
	return context.WithValue(ending, givesBack{}, context.CancelFunc(func() {
		stop()
		if outer != nil {
			outer()
		}
	})), stop
}

// withoutKeyboard returns a context that ends as ctx does, but not by the keyboard: where that has ended ctx, it goes
// on until its deadline, or until the context ends that was there before WithSignals. A cancellation in between is not
// noticed any more then.
func withoutKeyboard(ctx context.Context) (patient context.Context, stop context.CancelFunc) {
	patient, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop = func() { cancel(context.Canceled) }
	if deadline, ok := ctx.Deadline(); ok {
		patient, stop = context.WithDeadline(patient, deadline)
	}
	go func() {
		for outer := ctx; outer != nil; outer = beforeKeys(outer) {
			select {
			case <-patient.Done():
				return
			case <-outer.Done():
			}
			if keyboardCause(outer) == nil {
				cancel(context.Cause(outer))
				return
			}
		}
	}()
	return patient, stop
}

// beforeKeys returns the context that ctx was made of by WithSignals, or nil.
func beforeKeys(ctx context.Context) context.Context {
	if ending, ok := ctx.Value(keysKey{}).(*endedByKeys); ok {
		return ending.before
	}
	return nil
}

// keyboardCause returns the cause of a context that the keyboard has ended, or nil.
func keyboardCause(ctx context.Context) *InterruptedError {
	var interrupted *InterruptedError
	if errors.As(context.Cause(ctx), &interrupted) && slices.Contains(keyboard(), interrupted.Signal) {
		return interrupted
	}
	return nil
}

// catch starts to receive the signals, without those that are ignored: those must stay so for the children,
// too. The channel keeps the first one.
func catch(signals []syscall.Signal) (caught chan os.Signal, release func()) {
	caught = make(chan os.Signal, 1)
	for _, s := range signals {
		if !signal.Ignored(s) {
			signal.Notify(caught, s)
		}
	}
	return caught, func() { signal.Stop(caught) }
}

// DropKeyboard catches SIGINT and SIGQUIT, and drops them, until release is called.
func DropKeyboard() (release func()) {
	_, release = catch(keyboard())
	return release
}

// keyboard are the signals that a terminal sends to every process in its foreground.
func keyboard() []syscall.Signal { return []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} }

// interruptedBy returns err as an *InterruptedError where the keyboard stopped the run: by the signal that is caught
// here, or that the child has died of. The terminal sends it to both at once, and the child may have ended by it before
// it was taken here. A ctx that the signal ends has ended then: two receivers of one signal get it one after the other,
// and who asks ctx must not go on in between.
func interruptedBy(ctx context.Context, caught chan os.Signal, err error) error {
	settle(err != nil)
	select {
	case s := <-caught:
		number, _ := s.(syscall.Signal)
		if ending, ok := ctx.Value(keysKey{}).(*endedByKeys); ok && slices.Contains(ending.keys, number) {
			<-ending.over
		}
		return &InterruptedError{Signal: number, Err: err}
	default:
	}
	var exit *ExitError
	if errors.As(err, &exit) && exit.Signal == syscall.SIGINT && !Interrupted(err) {
		return &InterruptedError{Signal: syscall.SIGINT, Err: err}
	}
	return err
}

// Interrupted reports whether the user, or who else may end it, has stopped the run.
func Interrupted(err error) bool {
	var stop *InterruptedError
	return errors.As(err, &stop)
}

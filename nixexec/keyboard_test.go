package nixexec

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// foregroundWays are the ways to run a child in the foreground.
var foregroundWays = map[string]func(context.Context, Command) error{
	"Run":     func(ctx context.Context, c Command) error { return Run(ctx, c, Stdio{}) },
	"Capture": func(ctx context.Context, c Command) error { _, err := Capture(ctx, c, Stdio{}); return err },
	"Watch": func(ctx context.Context, c Command) error {
		_, err := Watch(ctx, c, Stdio{}, func(string) bool { return true })
		return err
	},
}

// A child that was started already is not signalled when the keyboard ends the context, and its own end is returned.
func TestKeyboardDoesNotSignalForeground(t *testing.T) {
	const text = `trap 'exit 9' INT QUIT TERM HUP; cat "$1"; sleep 0.3; cat "$2"; exit "$3"`
	for name, run := range foregroundWays {
		for _, cause := range keyboard() {
			for _, code := range []string{"7", "0"} {
				ready, done := newFIFO(t), newFIFO(t)
				ctx, cancel := context.WithCancelCause(bounded(t))
				go func() {
					release(t, ready) // the child has started and set its traps
					cancel(&InterruptedError{Signal: cause})
					release(t, done)
				}()
				err := run(ctx, script(text, ready, done, code))
				var exit *ExitError
				var interrupted *InterruptedError
				if !errors.As(err, &interrupted) || interrupted.Signal != cause {
					t.Errorf("%s, %s: %v", name, cause, err)
				}
				if code == "7" && (!errors.As(err, &exit) || exit.Code != 7) || code == "0" && errors.As(err, &exit) {
					t.Errorf("%s, %s: %v, want exit status %s", name, cause, err, code)
				}
			}
		}
	}
}

// Where Run says that the keyboard has stopped it, the context that the keyboard ends has ended: no next step starts.
func TestKeyboardHasEndedContext(t *testing.T) {
	for range 200 {
		ctx, stop := WithSignals(bounded(t), keyboard()...)
		err := Run(ctx, script(`kill -INT "$1"`, strconv.Itoa(os.Getpid())), Stdio{})
		if Interrupted(err) && ctx.Err() == nil {
			t.Fatalf("%v, and the context goes on", err)
		}
		<-ctx.Done()
		stop()
	}
}

// Nothing is started under a context that is over, whatever has ended it.
func TestNothingStartsUnderEndedContext(t *testing.T) {
	enough := errors.New("enough")
	for name, run := range foregroundWays {
		for _, cause := range []error{&InterruptedError{Signal: syscall.SIGINT}, &InterruptedError{Signal: syscall.SIGQUIT},
			&InterruptedError{Signal: syscall.SIGTERM}, enough} {
			made := filepath.Join(t.TempDir(), "made")
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(cause)
			err := run(ctx, Command{Argv: []string{"touch", made}})
			var signal *InterruptedError
			if errors.As(cause, &signal) {
				var interrupted *InterruptedError
				if !errors.As(err, &interrupted) || interrupted.Signal != signal.Signal || interrupted.Err != nil {
					t.Errorf("%s: got %v, want %v", name, err, cause)
				}
			} else if !errors.Is(err, cause) {
				t.Errorf("%s: got %v, want %v", name, err, cause)
			}
			if _, err := os.Stat(made); err == nil {
				t.Errorf("%s after %v: the child was started", name, cause)
			}
		}
	}
}

// What else may end the run still does so when the keyboard has ended the context: SIGTERM and a deadline.
func TestForegroundEndsAfterKeyboard(t *testing.T) {
	const text = `trap 'exit 5' TERM; cat "$1"; while :; do sleep 0.1; done`
	for name, run := range foregroundWays {
		for _, what := range []string{"term", "deadline"} {
			outer, term := context.WithCancelCause(bounded(t))
			ctx, stop := WithSignals(outer, keyboard()...)
			defer stop()
			if what == "deadline" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Second)
				defer cancel()
			}
			ready := newFIFO(t)
			go func() {
				release(t, ready)
				_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
				<-ctx.Done()
				if what == "term" {
					term(&InterruptedError{Signal: syscall.SIGTERM})
				}
			}()
			err := run(ctx, script(text, ready))
			var exit *ExitError
			if !errors.As(err, &exit) || exit.Code != 5 || Status(err) != 130 {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			stop()
		}
	}
}

// A deadline alone ends a foreground child, and tells so.
func TestForegroundDeadline(t *testing.T) {
	for name, run := range foregroundWays {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		err := run(ctx, script(`trap 'exit 5' TERM; while :; do sleep 0.1; done`))
		var exit *ExitError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &exit) || exit.Code != 5 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// WithSignals tells a signal by its cause, and the keyboard and the rest may stand in one call.
func TestWithSignals(t *testing.T) {
	all := append(keyboard(), syscall.SIGTERM, syscall.SIGHUP)
	heard := make(chan os.Signal, 1) // what was ignored before, as under nohup, stays so else
	signal.Notify(heard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
	for _, s := range all {
		ctx, stop := WithSignals(t.Context(), all...)
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		var interrupted *InterruptedError
		if !errors.As(context.Cause(ctx), &interrupted) || interrupted.Signal != s {
			t.Errorf("%s: %v", s, context.Cause(ctx))
		}
		stop()
	}
	ctx, stop := WithSignals(t.Context(), all...)
	stop()
	if ctx.Err() == nil {
		t.Error("stop has not ended the context")
	}
}

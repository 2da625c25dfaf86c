package nixexec

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"
)

// flood writes 100 MB to a file descriptor, and then what follows.
func flood(descriptor, then string) Command {
	return Command{Argv: []string{"sh", "-c", "head -c 100000000 /dev/zero >&" + descriptor + "; " + then}}
}

// TestFloodsCostLittle: whatever a child writes, this process takes less than 16 MB for it, in all and not only at a
// time.
func TestFloodsCostLittle(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for name, run := range map[string]func() error{
		"output": func() error {
			_, err := Output(bounded(t), flood("1", ":"))
			return err
		},
		"capture": func() error {
			_, err := Capture(bounded(t), flood("1", ":"), Stdio{})
			return err
		},
		"held": func() error {
			_, _, err := Hold(bounded(t), flood("1", "echo; echo up; read line"), "up", 1<<20)
			return err
		},
		"watched": func() error {
			_, err := Watch(bounded(t), flood("1", ":"), Stdio{Err: null}, func(string) bool { return true })
			return err
		},
	} {
		if cost, err := allocated(run); cost > 16<<20 || !errors.Is(err, ErrOutputLimit) {
			t.Errorf("%s: %d bytes, %v", name, cost, err)
		}
	}
	for name, run := range map[string]func() error{
		"output": func() error {
			_, err := Output(bounded(t), flood("2", ":"))
			return err
		},
		"held": func() error {
			held, _, err := Hold(bounded(t), flood("2", "echo up; read line; :"), "up", 1<<20)
			if err == nil {
				err = held.Release()
			}
			return err
		},
		"watched": func() error {
			_, err := Watch(bounded(t), flood("2", ":"), Stdio{Err: null}, func(string) bool { return true })
			return err
		},
	} {
		if cost, err := allocated(run); cost > 16<<20 || err != nil {
			t.Errorf("on standard error, %s: %d bytes, %v", name, cost, err)
		}
	}
}

// allocated runs f and returns what was allocated meanwhile, in bytes.
func allocated(f func() error) (cost uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// TestHoldFloodOnError: a child that says nothing but on standard error costs no more than the time it is given.
func TestHoldFloodOnError(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	cost, err := allocated(func() error {
		_, _, err := Hold(ctx, shell("yes >&2; :\n"), "up", 1<<20)
		return err
	})
	var exit *ExitError
	if cost > 16<<20 || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &exit) || len(exit.Stderr) > heldStderrLimit {
		t.Errorf("%d bytes, %v", cost, err)
	}
}

package nixexec

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestRunStatus(t *testing.T) {
	for _, test := range []struct {
		c    Command
		want int
	}{
		{child("exit", "0"), 0},
		{child("exit", "1"), 1},
		{child("exit", "255"), 255},
		{Command{Argv: []string{"sh", "-c", "kill -KILL $$"}}, 137},
		{Command{Argv: []string{"sh", "-c", "kill -INT $$"}}, 130},
		{Command{Argv: []string{"nixexec-no-such-program"}}, 127},
		{Command{Argv: []string{"/no/such/program"}}, 127},
		{Command{}, 1},
	} {
		runErr := Run(bounded(t), test.c, Stdio{})
		if got := Status(runErr); got != test.want {
			t.Errorf("Run(%s): status %d (%v), want %d", test.c, got, runErr, test.want)
		}
		_, outputErr := Output(bounded(t), test.c)
		if got := Status(outputErr); got != test.want {
			t.Errorf("Output(%s): status %d (%v), want %d", test.c, got, outputErr, test.want)
		}
	}
}

func TestRunErrorTypes(t *testing.T) {
	var exit *ExitError
	if err := Run(bounded(t), child("exit", "3"), Stdio{}); !errors.As(err, &exit) || exit.Code != 3 || exit.Signal != 0 {
		t.Errorf("got %#v", err)
	}
	var missing *NotFoundError
	if err := Run(bounded(t), Command{Argv: []string{"nixexec-no-such-program"}}, Stdio{}); !errors.As(err, &missing) {
		t.Errorf("got %#v", err)
	}
	// A child that ends as if by Ctrl-C may tell of one elsewhere, as where the command of an ssh was ended on its
	// host.
	if err := Run(bounded(t), child("exit", "130"), Stdio{}); Interrupted(err) || !errors.As(err, &exit) || exit.Code != 130 {
		t.Errorf("got %#v", err)
	}
	if err := Run(bounded(t), Command{Argv: []string{"sh", "-c", "kill -INT $$"}}, Stdio{}); !Interrupted(err) {
		t.Errorf("got %#v", err)
	}
}

func TestRunGivesFilesAndStdin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c := Command{Argv: []string{"sh", "-c", `cat; printf %s "$A" >&2`}, Env: []string{"A=env"}, Stdin: "in "}
	if err := Run(bounded(t), c, Stdio{In: os.Stdin, Out: out, Err: out}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "in env" {
		t.Errorf("got %q", got)
	}
}

func TestCapture(t *testing.T) {
	got, err := Capture(bounded(t), Command{Argv: []string{"sh", "-c", "echo out; exit 4"}}, Stdio{})
	if got != "out\n" || Status(err) != 4 {
		t.Errorf("got %q, %v", got, err)
	}
	// A child that does not read what it is fed has done nothing wrong.
	if _, err := Capture(bounded(t), Command{Argv: []string{"true"}, Stdin: strings.Repeat("x", 1<<20)}, Stdio{}); err != nil {
		t.Error(err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	flood := Command{Argv: []string{"head", "-c", strconv.Itoa(outputLimit + 1<<20), "/dev/zero"}}
	if got, err := Output(bounded(t), flood); len(got) != 0 || !errors.Is(err, ErrOutputLimit) {
		t.Errorf("Output: %d bytes, %v", len(got), err)
	}
	if got, err := Capture(bounded(t), flood, Stdio{}); len(got) != 0 || !errors.Is(err, ErrOutputLimit) {
		t.Errorf("Capture: %d bytes, %v", len(got), err)
	}
}

func TestOutputKeepsStderr(t *testing.T) {
	_, err := Output(bounded(t), Command{Argv: []string{"sh", "-c", "yes | head -c 300000 >&2; echo last >&2; exit 1"}})
	var exit *ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) != stderrLimit || !strings.HasSuffix(exit.Stderr, "y\nlast\n") {
		t.Errorf("got %d bytes, %v", len(exit.Stderr), err)
	}
}

// When the context ends the child gets one SIGTERM, and what stopped it stands in the error.
func TestCancelSendsTerm(t *testing.T) {
	for name, run := range map[string]func(ctx context.Context, c Command) error{
		"Run":    func(ctx context.Context, c Command) error { return Run(ctx, c, Stdio{}) },
		"Output": func(ctx context.Context, c Command) error { _, err := Output(ctx, c); return err },
	} {
		t.Run(name, func(t *testing.T) {
			fifo := filepath.Join(t.TempDir(), "ready")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(bounded(t))
			go func() {
				_, _ = os.ReadFile(fifo) // until the child has written to it
				cancel(&InterruptedError{Signal: syscall.SIGTERM})
			}()
			// The trap runs when the shell has noticed the signal: between two commands.
			err := run(ctx, Command{Argv: []string{"sh", "-c", `trap 'exit 5' TERM; : >"$0"; while :; do sleep 0.1; done`, fifo}})
			var exit *ExitError
			if !errors.As(err, &exit) || exit.Code != 5 || Status(err) != 143 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCancelledBeforeStart(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&InterruptedError{Signal: syscall.SIGHUP})
	if err := Run(ctx, Command{Argv: []string{"true"}}, Stdio{}); Status(err) != 129 {
		t.Errorf("got %v", err)
	}
	if _, _, err := Hold(ctx, Command{Argv: []string{"cat"}}, "x", 10); Status(err) != 129 {
		t.Errorf("got %v", err)
	}
}

// A process that the child leaves behind keeps the pipe open: that ends neither the program nor its result,
// and it does not make anybody wait for good (as ssh -f does, golang/go#23019).
func TestDaemonKeepsPipeOpen(t *testing.T) {
	t.Parallel()
	got, err := Capture(bounded(t), Command{Argv: []string{"sh", "-c", "sleep 300 & echo $!"}}, Stdio{})
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(got))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("the daemon was not left alone: %v", err)
	}
}

// Field: SIGTERM in the first milliseconds of a pass-through was swallowed: caught here, and lost with this process.
func TestReplaceLosesNoSignal(t *testing.T) {
	for range 40 {
		got, err := Output(bounded(t), child("replace", "echo", "replaced"))
		if len(got) != 0 || Status(err) != 128+int(syscall.SIGTERM) {
			t.Fatalf("got %q, %v", got, err)
		}
	}
}

func TestReplaceFails(t *testing.T) {
	if err := Replace(t.Context(), "/no/such/program", []string{"x"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

package nixexec

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell returns a shell that reads script, and what follows it, from its standard input.
func shell(script string) Command {
	return Command{Argv: []string{"sh", "-s"}, Stdin: script}
}

func TestHold(t *testing.T) {
	ctx, cancel := context.WithCancel(bounded(t))
	held, data, err := Hold(ctx, shell("echo noise; echo up; echo later; sleep 0; yes | head -c 500000\n"), "up", 1<<10)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != "noise\nup\n" {
		t.Errorf("read %q", data)
	}
	cancel() // Hold's context is not that of the child, which would end by a signal
	if err := held.Release(); err != nil {
		t.Error(err)
	}
	if err := held.Release(); err != nil {
		t.Error(err)
	}
}

func TestHoldFeedsLongScripts(t *testing.T) {
	script := "yes | head -c 200000; echo\n: " + strings.Repeat("x", 300_000) + "\necho up\n"
	held, data, err := Hold(bounded(t), shell(script), "up", 1<<20)
	if err != nil {
		t.Fatalf("%v after %d bytes", err, len(data))
	}
	if err := held.Release(); err != nil {
		t.Error(err)
	}
}

func TestHoldEndsEarly(t *testing.T) {
	_, data, err := Hold(bounded(t), shell("echo no; echo why >&2; exit 3\n"), "up", 1<<10)
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != 3 || exit.Stderr != "why\n" || string(data) != "no\n" {
		t.Errorf("got %q, %v", data, err)
	}
	if _, _, err := Hold(bounded(t), shell("exit 0\n"), "up", 1<<10); err == nil || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("got %v", err)
	}
	// Only a whole line counts.
	if _, _, err := Hold(bounded(t), shell("echo 'up '; echo xup; printf up; exit 0\n"), "up", 1<<10); err == nil {
		t.Error("found a line that was not there")
	}
	var missing *NotFoundError
	if _, _, err := Hold(bounded(t), Command{Argv: []string{"nixexec-no-such-program"}}, "up", 1<<10); !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

func TestHoldFlood(t *testing.T) {
	_, data, err := Hold(bounded(t), Command{Argv: []string{"yes"}}, "up", 1<<16)
	if len(data) != 1<<16 || !errors.Is(err, ErrOutputLimit) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// A stream without an end and below the limit, and a child that is deaf to SIGTERM.
func TestHoldDeadline(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, _, err := Hold(ctx, shell("trap '' TERM; while :; do echo x; sleep 0.05; done\n"), "up", 1<<20)
	if !errors.Is(err, context.DeadlineExceeded) || Status(err) != 1 {
		t.Errorf("got %v", err)
	}
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Signal != syscall.SIGKILL {
		t.Errorf("got %v", err)
	}
}

// A released child that does not care for the end of its input is ended.
func TestReleaseEnds(t *testing.T) {
	held, _, err := Hold(bounded(t), shell("echo up; exec sleep 300\n"), "up", 1<<10)
	if err != nil {
		t.Fatal(err)
	}
	var exit *ExitError
	if err := held.Release(); !errors.As(err, &exit) || exit.Signal != syscall.SIGTERM {
		t.Errorf("got %v", err)
	}
}

// The lifeline ends with the process that holds it, even where that is killed.
func TestHeldEndsWithItsHolder(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "ended")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	c := child("hold", "sh", "-c", `echo up; cat; echo ended >"$0"`, fifo)
	holder := exec.CommandContext(bounded(t), c.Argv[0], c.Argv[1:]...)
	holder.Env = append(os.Environ(), c.Env...)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "held <nil>\n" {
		t.Fatalf("%q, %v", line, err)
	}
	_ = holder.Process.Kill()
	_ = holder.Wait()
	if got, err := os.ReadFile(fifo); string(got) != "ended\n" {
		t.Errorf("%q, %v", got, err)
	}
}

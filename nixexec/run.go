package nixexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopDelay is how long a child may take to end after SIGTERM, and how long its output is waited for
// after it has ended while something it left behind still holds the pipe.
const stopDelay = 10 * time.Second

// outputLimit bounds what Capture and Output keep, in bytes: a host may be on the other end, and must not cost more
// than a few times that here. What they are for has some KiB, but for git's list of untracked files: thirty thousand
// of those fit in.
const outputLimit = 2 << 20

// Stdio is what a foreground child gets: real files, so that no pipe stands between it and the terminal.
// A nil file is /dev/null.
type Stdio struct {
	In, Out, Err *os.File
	Held         *os.File // stays open as long as the child does, which has no use for it: a lock
}

// Run runs c in the foreground and waits for it: in this process's group and on its terminal, so that the terminal's
// own Ctrl-C reaches the child once. SIGINT and SIGQUIT are caught here and dropped meanwhile, and where one of them
// ends ctx (WithSignals) a child that runs is not signalled, but waited for. When ctx ends otherwise the child gets
// one SIGTERM and, ten seconds later, SIGKILL. Under a ctx that is over nothing is started, whatever has ended it. A
// Stdin or a Secret in c replaces s.In.
//
// The error is nil, an *ExitError, a *NotFoundError, an *InterruptedError around the child's own end, the cause of ctx
// around the child's own end, or the failure to start.
func Run(ctx context.Context, c Command, s Stdio) error {
	return foreground(ctx, c, s, nil)
}

// Capture is Run with standard output returned instead of shown, s.Out being unused. Above 2 MiB the
// output is cut and an error says so (ErrOutputLimit).
func Capture(ctx context.Context, c Command, s Stdio) (stdout string, err error) {
	captured := &head{limit: outputLimit}
	err = foreground(ctx, c, s, captured)
	if captured.full() {
		return "", tooLong(c, err)
	}
	return string(captured.bytes()), err
}

// foreground runs c with the files of s. A capture takes the place of s.Out.
func foreground(ctx context.Context, c Command, s Stdio, capture io.Writer) error {
	if ctx.Err() != nil {
		return stopped(ctx, c.program(), nil)
	}
	patient, stop := withoutKeyboard(ctx)
	defer stop()
	err := attended(patient, c, s, capture)
	if cause := keyboardCause(ctx); cause != nil && !Interrupted(err) {
		return stopped(ctx, c.program(), err)
	}
	return err
}

// RunUntil is Run for a child that every end of ctx ends, that by the keyboard, too.
func RunUntil(ctx context.Context, c Command, s Stdio) error { return attended(ctx, c, s, nil) }

// attended is RunUntil with a capture as foreground has it.
func attended(ctx context.Context, c Command, s Stdio, capture io.Writer) error {
	ctx, capture, stop := c.listen(ctx, capture)
	defer stop()
	cmd, err := c.prepare(ctx)
	if err != nil {
		return err
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopDelay
	// A nil *os.File must not become a non-nil interface.
	if cmd.Stdin == nil && s.In != nil {
		cmd.Stdin = s.In
	}
	if s.Out != nil {
		cmd.Stdout = s.Out
	}
	if capture != nil {
		cmd.Stdout = capture
	}
	if s.Err != nil {
		cmd.Stderr = s.Err
	}
	if s.Held != nil {
		cmd.ExtraFiles = []*os.File{s.Held}
	}
	caught, release := catch(keyboard())
	defer release()
	err = cmd.Run()
	return interruptedBy(ctx, caught, ended(ctx, c, cmd, err, ""))
}

// ended turns the error of a child that was started with ctx into the errors of this package.
func ended(ctx context.Context, c Command, cmd *exec.Cmd, err error, stderr string) error {
	program := c.program()
	if cmd.Process == nil {
		if ctx.Err() != nil {
			return stopped(ctx, program, nil)
		}
		return fmt.Errorf("starting %q: %w", program, err)
	}
	if err != nil && ctx.Err() != nil {
		if errors.Is(err, ctx.Err()) {
			return stopped(ctx, program, nil) // it ended well, but only after it was told to
		}
		return stopped(ctx, program, exitError(program, err, stderr))
	}
	var interrupted *InterruptedError
	if err == nil && errors.As(context.Cause(ctx), &interrupted) {
		return stopped(ctx, program, nil)
	}
	return exitError(program, err, stderr)
}

// tooLong says that the output did not fit, unless the run was stopped for another reason.
func tooLong(c Command, err error) error {
	var interrupted *InterruptedError
	if errors.As(err, &interrupted) {
		return err
	}
	return fmt.Errorf("reading the output of %q: %w", c.Argv[0], ErrOutputLimit)
}

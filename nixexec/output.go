package nixexec

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// stderrLimit bounds what Output keeps of standard error, in bytes.
const stderrLimit = 64 << 10

// Output runs c in the background and returns its standard output. The child has a session and so a process group of
// its own: it can neither read the terminal nor be stopped by trying, and Ctrl-C does not reach it. Standard input is
// what c feeds, or /dev/null. When ctx is done, or SIGINT or SIGQUIT arrives here (Patient), the group gets SIGTERM
// and, ten seconds later, SIGKILL. Above 2 MiB of output the child is cut off and an error says so (ErrOutputLimit).
//
// The errors are those of Run; the last 64 KiB of standard error stand in the *ExitError.
func Output(ctx context.Context, c Command) (stdout []byte, err error) {
	ctx, stop := attentive(ctx)
	defer stop()
	stdout, _, err = background(ctx, c, nil)
	return stdout, err
}

// OutputLines is Output with standard error read along: each line goes to see, without its end, as soon as it is
// complete, and with its end to show where see returns true. A line that is too long for see goes to show in pieces.
// Both are called from one goroutine at a time, and not after OutputLines has returned.
func OutputLines(ctx context.Context, c Command, see func(line string) (show bool), show func(text []byte)) (stdout []byte, err error) {
	ctx, stop := attentive(ctx)
	defer stop()
	seen := &lines{see: see, show: show}
	stdout, _, err = background(ctx, c, seen)
	seen.take(nil, true)
	return stdout, err
}

// Lines is Output with both streams read along and neither kept: each line goes to out, or to said where it came on
// standard error, with its end, as soon as it is complete; a very long one in pieces. out and said are each called from
// one goroutine at a time, and not after Lines has returned. The *ExitError has the last 64 KiB of standard error.
func Lines(ctx context.Context, c Command, out, said func(text []byte)) error {
	ctx, stop := attentive(ctx)
	defer stop()
	every := func(string) bool { return true }
	printed, complained := &lines{see: every, show: out}, &lines{see: every, show: said}
	_, err := backgroundTo(ctx, c, printed, complained)
	printed.take(nil, true)
	complained.take(nil, true)
	return err
}

// Background is Output for a child that only the end of ctx ends, not the keyboard. It returns the end of standard
// error, at most 64 KiB, also where the child succeeded.
func Background(ctx context.Context, c Command) (stdout []byte, stderr string, err error) {
	return background(ctx, c, nil)
}

// background is Background with standard error going to along, too, which may be nil.
func background(ctx context.Context, c Command, along io.Writer) (out []byte, said string, err error) {
	stdout := &head{limit: outputLimit}
	said, err = backgroundTo(ctx, c, stdout, along)
	if stdout.full() {
		return nil, said, tooLong(c, err)
	}
	return stdout.bytes(), said, err
}

// backgroundTo is background with standard output going to stdout.
func backgroundTo(ctx context.Context, c Command, stdout, along io.Writer) (said string, err error) {
	stderr := &tail{limit: stderrLimit}
	ctx, heard, stop := c.listen(ctx, stdout)
	defer stop()
	cmd, err := c.prepare(ctx)
	if err != nil {
		return "", err
	}
	cmd.Stdout = heard
	cmd.Stderr = stderr
	if along != nil {
		cmd.Stderr = io.MultiWriter(stderr, along)
	}
	cmd.SysProcAttr = ownSession()
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = stopDelay
	err = cmd.Run()
	if cmd.Process != nil && ctx.Err() != nil {
		_ = signalGroup(cmd, syscall.SIGKILL) // what is left of the group; mostly nothing
	}
	c.tellPeak(cmd)
	return stderr.String(), ended(ctx, c, cmd, err, stderr.String())
}

// tellPeak tells how much memory a child has taken that has ended. Linux counts it in KiB, macOS in bytes.
func (c Command) tellPeak(cmd *exec.Cmd) {
	if c.Peak == nil || cmd.ProcessState == nil {
		return
	}
	if used, is := cmd.ProcessState.SysUsage().(*syscall.Rusage); is {
		peak := int64(used.Maxrss)
		if runtime.GOOS != "darwin" {
			peak <<= 10
		}
		c.Peak(peak)
	}
}

// ownSession detaches a child from the terminal. A process group alone would not do: a member that opens
// /dev/tty to ask something would be stopped there (SIGTTIN) and never end.
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true}
}

// signalGroup signals the group that cmd leads, in the words of os.Process.Signal.
func signalGroup(cmd *exec.Cmd, s syscall.Signal) error {
	err := syscall.Kill(-cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

package nixexec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// heldStderrLimit bounds what is kept of a held child's standard error, in bytes.
const heldStderrLimit = 16 << 10

// How long a held child may take to end: after its standard input ended, and then after SIGTERM. The latter is also
// how long its standard error is waited for when it has ended, and short: there is nothing that a session has to put
// in order here, and ssh leaves its standard error to the process that shares its connection, where the host decides
// when it is closed.
const (
	releaseDelay = time.Second
	termDelay    = 300 * time.Millisecond
)

// Held is a background child whose standard input stays open: it ends when this process releases it, and also
// when this process is killed, because then the pipe closes.
type Held struct {
	cmd     *exec.Cmd
	program string
	stdin   *os.File
	stdout  *os.File
	stderr  *tail
	done    chan struct{} // closed when the child has been waited for
	waitErr error         // valid after done
	release func() error
}

// reading is what came from a held child's standard output.
type reading struct {
	data  []byte
	found bool
	err   error
}

// Hold starts c in the background, in a session of its own, feeds it what c feeds and keeps its standard input open.
// It returns what the child wrote, up to and including the first line that equals until; what comes later is read and
// dropped. The child then runs on, past ctx, until Release.
//
// Where the line does not come, the child is ended and there is no Held, but what was read is returned: at the end of
// its output (an *ExitError, or io.ErrUnexpectedEOF), when ctx is done or SIGINT or SIGQUIT arrives here (as Run), or
// as soon as limit bytes were read without the line (ErrOutputLimit), so that a flood costs no more. The last 16 KiB
// of standard error stand in the *ExitError.
func Hold(ctx context.Context, c Command, until string, limit int) (*Held, []byte, error) {
	ctx, stop := WithSignals(ctx, keyboard()...)
	defer stop()
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	h, err := startHeld(c)
	if err != nil {
		return nil, nil, err
	}
	read := make(chan reading, 1)
	go func() { read <- h.readUntil(until, limit) }()

	select {
	case <-ctx.Done():
		err := stopped(ctx, h.program, h.end(0))
		return nil, (<-read).data, err
	case r := <-read:
		switch {
		case r.found:
			return h, r.data, nil
		case errors.Is(r.err, io.EOF):
			err := h.end(releaseDelay)
			if err == nil {
				err = fmt.Errorf("%q ended before it printed %q: %w", h.program, until, io.ErrUnexpectedEOF)
			}
			return nil, r.data, err
		default:
			_ = h.end(0)
			return nil, r.data, fmt.Errorf("waiting for %q from %q: %w", until, h.program, r.err)
		}
	}
}

// startHeld starts c with a pipe at either end and feeds it.
func startHeld(c Command) (*Held, error) {
	cmd, err := c.prepare(context.Background()) // it outlives Hold's own context
	if err != nil {
		return nil, err
	}
	childIn, stdin, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting %q: %w", c.Argv[0], err)
	}
	defer childIn.Close()
	stdout, childOut, err := os.Pipe()
	if err != nil {
		stdin.Close()
		return nil, fmt.Errorf("starting %q: %w", c.Argv[0], err)
	}
	defer childOut.Close()
	h := &Held{cmd: cmd, program: c.Argv[0], stdin: stdin, stdout: stdout, stderr: &tail{limit: heldStderrLimit}, done: make(chan struct{})}
	h.release = sync.OnceValue(func() error { return h.end(releaseDelay) })
	cmd.Stdin, cmd.Stdout, cmd.Stderr = childIn, childOut, h.stderr
	cmd.SysProcAttr = ownSession()
	cmd.WaitDelay = termDelay
	if err := cmd.Start(); err != nil {
		stdin.Close()
		stdout.Close()
		return nil, fmt.Errorf("starting %q: %w", h.program, err)
	}
	// In the background: a script that is longer than a pipe must not wait for a child that floods its output.
	// A child that does not read it to the end shows that by its own end.
	go func() { _, _ = io.Copy(stdin, c.input()) }()
	return h, nil
}

// readUntil reads standard output up to the line and leaves a reader behind that drops the rest.
func (h *Held) readUntil(until string, limit int) reading {
	var data []byte
	chunk := make([]byte, 4<<10)
	start := 0 // of the first line that is not complete
	for len(data) < limit {
		n, err := h.stdout.Read(chunk[:min(len(chunk), limit-len(data))])
		data = append(data, chunk[:n]...)
		for {
			length := bytes.IndexByte(data[start:], '\n')
			if length < 0 {
				break
			}
			line := data[start : start+length]
			start += length + 1
			if string(line) == until {
				go h.drop(chunk)
				return reading{data: data[:start], found: true}
			}
		}
		if err != nil {
			return reading{data: data, err: err}
		}
	}
	return reading{data: data, err: ErrOutputLimit}
}

// drop reads the rest of standard output, into a piece that is there, and forgets it.
func (h *Held) drop(piece []byte) {
	for {
		if _, err := h.stdout.Read(piece); err != nil {
			return
		}
	}
}

// Release ends the child by ending its standard input, waits for it, and ends its process group by signals where
// that did not do; it takes two seconds at most.
// It returns how the child ended. Later calls return the same.
func (h *Held) Release() error {
	return h.release()
}

// end ends the child: by the end of its input where patience allows for that, then by SIGTERM, then by SIGKILL.
func (h *Held) end(patience time.Duration) error {
	h.stdin.Close()
	// It is waited for no earlier: whoever waits for a child has a thread of its own for that, and of a large fleet
	// many are held.
	go func() {
		h.waitErr = h.cmd.Wait()
		close(h.done)
	}()
	if !h.wait(patience) {
		_ = signalGroup(h.cmd, syscall.SIGTERM)
		if !h.wait(termDelay) {
			_ = signalGroup(h.cmd, syscall.SIGKILL)
			<-h.done
		}
	}
	h.stdout.Close()
	return exitError(h.program, h.waitErr, h.stderr.String())
}

// wait reports whether the child ended in time.
func (h *Held) wait(patience time.Duration) bool {
	select {
	case <-h.done:
		return true
	case <-time.After(patience):
		return false
	}
}

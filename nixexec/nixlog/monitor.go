package nixlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"nixhop/nixexec"
)

// Nom is the program nix-output-monitor. It reads the format from its standard input and draws on its standard error
// (nix-output-monitor: exe/Main.hs, 2.1.8).
const Nom = "nom"

// Flags have nix, of the commands that take both, say what Nom wants to know. They must stand last, for some flags
// set another format.
var Flags = []string{"--log-format", "internal-json", "-v"}

// lastDrawn is how long Nom may take to draw the last of what it has read: something that the command has left behind
// may keep it waiting for more.
const lastDrawn = 5 * time.Second

// errCommandEnded ends a Nom that goes on without its command.
var errCommandEnded = errors.New("the command that it shows has ended")

// Monitored is nixexec.Capture for a command with Flags, whose standard error goes through Nom to s.Err. Standard
// input, the controlling terminal and the exit status are those of the command alone. What the command says is handed
// to see as lines of text, each with its end, as they come; see is called from one goroutine at a time. Where there
// is no Nom, or it ends before the command does, s.Err gets these lines, beginning with the last that it may not have
// drawn.
func Monitored(
	ctx context.Context, c nixexec.Command, s nixexec.Stdio, see func(line string),
) (stdout string, err error) {
	return monitored(ctx, c, s, see, lastDrawn)
}

func monitored(
	ctx context.Context, c nixexec.Command, s nixexec.Stdio, see func(string), patience time.Duration,
) (string, error) {
	m, err := begin(ctx, s.Err)
	if err != nil {
		return "", err
	}
	s.Err = m.write
	stdout, err := nixexec.Watch(ctx, c, s, func(line string) bool {
		text := line
		if e, is := Read(line); is {
			text = e.Says()
		}
		if text != "" {
			see(text + "\n")
			m.take(text + "\n")
		}
		return true
	})
	m.close(patience)
	return stdout, err
}

// monitor is a Nom at work.
type monitor struct {
	read  *os.File // its standard input
	write *os.File // into that
	err   *os.File // its standard error; nil: nobody sees it
	end   context.CancelCauseFunc
	done  chan struct{} // closed with its end
	ended error         // how it ended; valid then
	kept  *nixexec.Ring // what it may not have drawn
	keep  io.Writer     // into that
	own   bool          // it has ended before the command, and lines go to err
}

// keptBytes is how much is said once more where Nom has ended too early.
const keptBytes = 8 << 10

func begin(ctx context.Context, err *os.File) (*monitor, error) {
	read, write, failed := os.Pipe()
	if failed != nil {
		return nil, fmt.Errorf("making a pipe: %w", failed)
	}
	m := &monitor{read: read, write: write, err: err, done: make(chan struct{}), kept: nixexec.NewRing(keptBytes)}
	m.keep = m.kept.Stream()
	ctx, m.end = context.WithCancelCause(ctx)
	go func() {
		defer close(m.done)
		m.ended = nixexec.Run(ctx, nixexec.Command{Argv: []string{Nom, "--json"}}, nixexec.Stdio{In: read, Err: err})
	}()
	return m, nil
}

// take takes a line.
func (m *monitor) take(text string) {
	_, _ = io.WriteString(m.keep, text)
	select {
	case <-m.done:
		m.instead(text)
	default:
	}
}

// instead shows a line that Nom does not.
func (m *monitor) instead(text string) {
	if !m.own && !nixexec.Interrupted(m.ended) {
		text = string(m.kept.Bytes()) // its end is that line
	}
	m.own = true
	if m.err != nil {
		_, _ = m.err.WriteString(text)
	}
}

// close has Nom end as the command has.
func (m *monitor) close(patience time.Duration) {
	m.write.Close()
	defer time.AfterFunc(patience, func() { m.end(errCommandEnded) }).Stop()
	<-m.done
	m.end(nil)
	if !m.own && m.broken() {
		m.instead("")
	}
	m.read.Close()
}

// broken reports whether Nom has ended before it had read everything, or otherwise than it does when builds have
// failed.
func (m *monitor) broken() bool {
	fd, unread := int(m.read.Fd()), 0
	if err := unix.SetNonblock(fd, true); err == nil {
		unread, _ = unix.Read(fd, make([]byte, 1))
	}
	var exit *nixexec.ExitError
	return unread > 0 || errors.As(m.ended, &exit) && exit.Code != 1 && !errors.Is(m.ended, errCommandEnded)
}

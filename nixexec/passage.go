package nixexec

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// passage stands between a foreground child and the file that it would otherwise write to.
type passage struct {
	read, write *os.File
	real        *os.File      // the file itself, by a descriptor of our own; nil: there is none
	mark        []byte        // written behind all that the child has written
	drained     chan struct{} // closed when the mark has come through
}

// takeFunc gets what a child writes, piece by piece.
type takeFunc func(text []byte, last bool)

// busyPause is how long to wait for a file that takes nothing at the moment.
const busyPause = 10 * time.Millisecond

// pipePassage is a pipe in front of a file, which may be nil.
func pipePassage(file *os.File) (*passage, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	return newPassage(file, read, write)
}

// terminalPassage is a pseudo-terminal in front of a terminal. It is nobody's controlling terminal, and it changes no
// byte: what the real one makes of a newline it makes of those that come through, too.
func terminalPassage(file *os.File) (*passage, error) {
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("opening a pseudo-terminal: %w", err)
	}
	if _, err := term.MakeRaw(int(slave.Fd())); err != nil {
		master.Close()
		slave.Close()
		return nil, fmt.Errorf("setting up a pseudo-terminal: %w", err)
	}
	return newPassage(file, master, slave)
}

func newPassage(file, read, write *os.File) (*passage, error) {
	p := &passage{read: read, write: write, drained: make(chan struct{})}
	// A terminal shows no NUL: the one in front lets the mark's beginning be held back without a visible byte being
	// late.
	p.mark = []byte("\x00" + rand.Text())
	if file == nil {
		return p, nil
	}
	// Not the file itself: on standard error a closed pipe would end this process (package os/signal, SIGPIPE), and
	// what the child leaves behind may still write when the caller has closed it.
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		read.Close()
		write.Close()
		return nil, fmt.Errorf("duplicating standard error: %w", err)
	}
	p.real = os.NewFile(uintptr(fd), file.Name())
	return p, nil
}

// send runs a child, by run, with the passage in the place of s.Err, and of s.Out where that is the same file: the
// order of what is written to them is kept. take gets all that the child writes, as it comes, and is told with the
// last of it; it is called from another goroutine, but not after send has returned.
//
// The end is told by the mark, so that nothing is lost, and nobody is waited for who stays behind with the passage
// open: what such a process writes later goes to the real file as long as this process lives.
func (p *passage) send(ctx context.Context, s Stdio, take takeFunc, run func(Stdio) error) error {
	caught, release := catch(keyboard())
	defer release()
	if sameFile(s.Out, s.Err) {
		s.Out = p.write
	}
	s.Err = p.write
	go p.pass(take)
	err := run(s)
	_, _ = p.write.Write(p.mark) // fails only where nobody reads, and drained is closed then
	<-p.drained
	p.write.Close()
	var interrupted *InterruptedError
	if errors.As(err, &interrupted) {
		return err
	}
	return interruptedBy(ctx, caught, err)
}

// pass reads as long as anybody can write.
func (p *passage) pass(take takeFunc) {
	defer p.read.Close()
	if p.real != nil {
		defer p.real.Close()
	}
	buffer := make([]byte, 32<<10)
	after, err := p.passChild(buffer, take)
	close(p.drained)
	for {
		p.show(after)
		if err != nil {
			return
		}
		var n int
		n, err = p.read.Read(buffer)
		after = buffer[:n]
	}
}

// passChild hands over what comes before the mark, and returns what came with the mark, behind it.
func (p *passage) passChild(buffer []byte, take takeFunc) (after []byte, err error) {
	held := 0 // bytes at the beginning of buffer that may be those of the mark
	for {
		n, err := p.read.Read(buffer[held:])
		text := buffer[:held+n]
		before, after, found := bytes.Cut(text, p.mark)
		if found || err != nil {
			take(before, true)
			return after, err
		}
		held = 0
		if at := bytes.LastIndexByte(text, p.mark[0]); at >= 0 && bytes.HasPrefix(p.mark, text[at:]) {
			held = len(text) - at
		}
		take(text[:len(text)-held], false)
		copy(buffer, text[len(text)-held:])
	}
}

// show writes to the real file. Where that is slow the child is slowed down, where it is gone the child does not
// notice.
func (p *passage) show(text []byte) {
	for len(text) > 0 && p.real != nil {
		n, err := p.real.Write(text)
		text = text[n:]
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			return
		}
		if err != nil {
			// Another program that has the same terminal made it non-blocking.
			time.Sleep(busyPause)
		}
	}
}

// sameFile reports whether two open files are one; nil is none.
func sameFile(a, b *os.File) bool {
	if a == nil || b == nil {
		return false
	}
	first, err := a.Stat()
	if err != nil {
		return false
	}
	second, err := b.Stat()
	return err == nil && os.SameFile(first, second)
}

package nixexec

import (
	"context"
	"io"
	"os"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// ReadAlong runs a foreground child, by calling run once, and copies to see what the child writes to standard error,
// while it goes where it would have gone, byte for byte. run is Run or Capture with the files that it is given:
//
//	err := ReadAlong(ctx, s, see, false, func(s Stdio) error { return Run(ctx, c, s) })
//
// A terminal as s.Err is replaced by a pseudo-terminal of the same size, so that colours and progress bars stay; the
// controlling terminal of the child stays the real one, which the keyboard and questions on /dev/tty belong to. Where
// s.Err is no terminal the child keeps it and nothing is seen, unless force is true: then it is replaced by a pipe.
// Standard output is read along, too, where it is the same file as standard error, so that their order is kept.
//
// The error is that of run, or an *InterruptedError around it where SIGINT or SIGQUIT arrived before everything was
// shown. A failure to read along is none: the child then runs without it. see is written to from another goroutine, but
// not after ReadAlong has returned; its errors are ignored.
func ReadAlong(ctx context.Context, s Stdio, see io.Writer, force bool, run func(Stdio) error) error {
	p := passageFor(s.Err, force)
	if p == nil {
		return run(s)
	}
	if terminal := s.Err; term.IsTerminal(int(terminal.Fd())) {
		defer follow(terminal, p.write)()
	}
	return p.send(ctx, s, func(text []byte, _ bool) {
		p.show(text)
		_, _ = see.Write(text)
	}, run)
}

// passageFor returns what a child is to write to instead of file, or nil where it is to write to the file itself.
func passageFor(file *os.File, force bool) *passage {
	var p *passage
	var err error
	switch {
	case file == nil:
		return nil
	case term.IsTerminal(int(file.Fd())):
		p, err = terminalPassage(file)
	case force:
		p, err = pipePassage(file)
	}
	if err != nil {
		return nil
	}
	return p
}

// follow gives a pseudo-terminal the size of the real one, until stop is called.
func follow(real, pseudo *os.File) (stop func()) {
	// A job that was stopped is not told of what happened meanwhile: it looks when it goes on.
	changed, release := catch([]syscall.Signal{syscall.SIGWINCH, syscall.SIGCONT})
	resize(real, pseudo)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range changed {
			// The real terminal has told its foreground already, and whoever looked at once has seen the old size. This
			// process is told again as well, and then finds nothing to change.
			if resize(real, pseudo) {
				_ = syscall.Kill(0, syscall.SIGWINCH)
			}
		}
	}()
	return func() {
		release()
		close(changed)
		<-ended
	}
}

// resize reports whether the sizes differed.
func resize(real, pseudo *os.File) (changed bool) {
	size, err := pty.GetsizeFull(real)
	if err != nil {
		return false
	}
	old, err := pty.GetsizeFull(pseudo)
	if err != nil || *old == *size {
		return false
	}
	return pty.Setsize(pseudo, size) == nil
}

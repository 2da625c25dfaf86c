package nixexec

import (
	"bytes"
	"context"
	"strings"
)

// watchedLine is the longest line that Watch hands out, in bytes; a longer one is passed on unseen.
const watchedLine = 64 << 10

// Watch is Capture with standard error read along: each line goes to see first, without its end, and on to s.Err where
// see returns true. The child's standard error is no terminal. see is called from one goroutine at a time and must not
// wait for the child.
func Watch(ctx context.Context, c Command, s Stdio, see func(line string) (show bool)) (stdout string, err error) {
	p, err := pipePassage(s.Err)
	if err != nil {
		return "", err
	}
	watched := &lines{see: see, show: p.show}
	err = p.send(ctx, s, watched.take, func(s Stdio) error {
		stdout, err = Capture(ctx, c, s)
		return err
	})
	return stdout, err
}

// lines cuts a text that comes in pieces into lines, and shows those that see wants to be shown.
type lines struct {
	see  func(string) bool
	show func([]byte)
	line []byte // the beginning of one that has not ended yet
	long bool   // what came before that was too long already
}

// take takes a piece.
func (l *lines) take(text []byte, last bool) {
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			end = len(text)
		}
		l.line = append(l.line, text[:end]...)
		if l.ended() || len(l.line) > watchedLine {
			l.pass()
		}
		text = text[end:]
	}
	if last && len(l.line) > 0 {
		l.pass()
	}
}

// Write takes a piece; it never fails.
func (l *lines) Write(text []byte) (int, error) {
	l.take(text, false)
	return len(text), nil
}

// pass hands on what there is of the line.
func (l *lines) pass() {
	unseen := l.long || len(l.line) > watchedLine
	if unseen || l.see(strings.TrimSuffix(string(l.line), "\n")) {
		l.show(l.line)
	}
	l.long = unseen && !l.ended()
	l.line = l.line[:0]
}

func (l *lines) ended() bool { return bytes.HasSuffix(l.line, []byte("\n")) }

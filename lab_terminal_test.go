//go:build lab

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"nixhop/testdata/terminal"
)

// onATerminal is a program on a terminal of its own, as the leader of that terminal's session: what is typed there,
// Ctrl-C included, reaches it the way it reaches a program in a user's shell.
type onATerminal struct {
	t    *testing.T
	side *terminal.Terminal
	done chan struct{}

	mu     sync.Mutex
	output bytes.Buffer
}

// onTerminal starts a command on a new terminal: nixhop by l.command, another one by exec.Command.
func (l *lab) onTerminal(t *testing.T, cmd *exec.Cmd) *onATerminal {
	t.Helper()
	if cmd.Env == nil {
		cmd.Env = append(os.Environ(), l.env...)
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	ours, err := terminal.Start(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	term := &onATerminal{t: t, side: ours, done: make(chan struct{})}
	go term.read()
	t.Cleanup(func() {
		ours.Close()
		<-term.done
	})
	return term
}

// read collects the output until no process has the terminal open any more: Linux says EIO then.
func (term *onATerminal) read() {
	defer close(term.done)
	buffer := make([]byte, 4096)
	for {
		n, err := term.side.Read(buffer)
		term.mu.Lock()
		term.output.Write(buffer[:n])
		term.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// text is what the terminal has shown so far, with the terminal's line ends (CR LF).
func (term *onATerminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.output.String()
}

// expect waits until the terminal has shown a text.
func (term *onATerminal) expect(text string) {
	term.t.Helper()
	if !eventually(time.Minute, func() bool { return bytes.Contains([]byte(term.text()), []byte(text)) }) {
		term.t.Fatalf("the terminal never showed %q:\n%s", text, term.text())
	}
}

// types sends keys; "\x03" is Ctrl-C.
func (term *onATerminal) types(keys string) {
	term.t.Helper()
	if _, err := io.WriteString(term.side, keys); err != nil {
		term.t.Fatal(err)
	}
}

// wait waits for the program's end and returns its exit status, 128+n when signal n ended it.
func (term *onATerminal) wait() int {
	term.t.Helper()
	gone := make(chan int, 1)
	go func() { gone <- term.side.Wait() }()
	select {
	case status := <-gone:
		return status
	case <-time.After(time.Minute):
		term.t.Fatalf("the program on the terminal does not end:\n%s", term.text())
	}
	panic("not reached")
}

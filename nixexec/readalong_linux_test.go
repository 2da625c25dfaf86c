package nixexec

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// onSized runs a script with a terminal of 33 lines and 101 columns as standard output and error, and returns what that
// got and what was seen.
func onSized(t *testing.T, text string, run func(Stdio, *bytes.Buffer, Command) error) (shown, seen string, err error) {
	t.Helper()
	master, slave := openPTY(t)
	if err := pty.Setsize(slave, &pty.Winsize{Rows: 33, Cols: 101, X: 1010, Y: 660}); err != nil {
		t.Fatal(err)
	}
	all := make(chan []byte)
	go func() {
		got, _ := io.ReadAll(master) // until nobody has the other end open: EIO
		all <- got
	}()
	var buffer bytes.Buffer
	err = run(Stdio{Out: slave, Err: slave}, &buffer, script(text))
	slave.Close()
	return string(<-all), buffer.String(), err
}

func alongTerminal(t *testing.T) func(Stdio, *bytes.Buffer, Command) error {
	return func(s Stdio, seen *bytes.Buffer, c Command) error {
		return ReadAlong(bounded(t), s, seen, false, func(s Stdio) error { return Run(bounded(t), c, s) })
	}
}

// The child sees a terminal like the real one, on both streams.
func TestReadAlongIsTerminal(t *testing.T) {
	const text = "test -t 1 && test -t 2 && stty size <&2 && stty size <&1; tty <&1; tty <&2"
	shown, seen, err := onSized(t, text, alongTerminal(t))
	lines := strings.Split(seen, "\n")
	if err != nil || len(lines) != 5 || lines[0] != "33 101" || lines[1] != "33 101" || lines[2] != lines[3] {
		t.Errorf("%v: seen %q", err, seen)
	}
	if want := strings.ReplaceAll(seen, "\n", "\r\n"); shown != want {
		t.Errorf("shown %q, want %q", shown, want)
	}
}

// The terminal gets the same bytes as without reading along, in the same order; what is seen are those that the child
// wrote.
func TestReadAlongChangesNoByte(t *testing.T) {
	const text = `
printf 'plain\n\033[31mcolour\033[0m\ttab\r\033[Kbar 1\rbar 2\r\n\n\000\001\377\303\244\b\a' >&2
for n in 0 1 2 3 4 5 6 7 8 9; do echo out $n; echo err $n >&2; done
yes 'a line of a flood' | head -n 20000
printf 'a question without an end? ' >&2
exit 3`
	direct, written, err := onSized(t, text, func(s Stdio, seen *bytes.Buffer, c Command) error { return Run(bounded(t), c, s) })
	if Status(err) != 3 || written != "" {
		t.Fatalf("%v, %q", err, written)
	}
	shown, seen, err := onSized(t, text, alongTerminal(t))
	if Status(err) != 3 || shown != direct {
		t.Errorf("%v: %d bytes shown, %d directly: %.200q", err, len(shown), len(direct), shown)
	}
	if want := strings.ReplaceAll(direct, "\r\n", "\n"); seen != want {
		t.Errorf("%d bytes seen, want %d: %.200q", len(seen), len(want), seen)
	}
	if !strings.Contains(seen, "bar 2\r\n\n\x00\x01\xff") {
		t.Errorf("seen %.200q", seen)
	}
}

// Standard output that goes elsewhere stays there.
func TestReadAlongTerminalOnErrorOnly(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shown, seen, err := onSized(t, "test -t 1 || echo out; echo err >&2", func(s Stdio, seen *bytes.Buffer, c Command) error {
		s.Out = write
		return alongTerminal(t)(s, seen, c)
	})
	write.Close()
	out, _ := io.ReadAll(read)
	if err != nil || string(out) != "out\n" || seen != "err\n" || shown != "err\r\n" {
		t.Errorf("%v: out %q, seen %q, shown %q", err, out, seen, shown)
	}
}

// A question on /dev/tty is asked and answered on the real terminal.
func TestReadAlongQuestion(t *testing.T) {
	const text = `exec 3<>/dev/tty; printf 'password (hidden)? ' >&3; read -r word <&3; echo "got $word" >&2; read -r word; echo "and $word"; exit 5`
	p := onTerminal(t, "along", "sh", "-c", text)
	p.expect("password (hidden)? ")
	p.press("secret\n")
	p.expect("got secret")
	p.press("more\n")
	p.expect("and more")
	if got := p.Wait(); got != 5 {
		t.Errorf("exit status %d", got)
	}
}

// A new size of the window reaches the child, however late it looks and however early it was told.
func TestReadAlongNewSize(t *testing.T) {
	const text = `trap 'stty size <&2' WINCH; echo ready; while :; do sleep 0.1; done`
	p := onTerminal(t, "along", "sh", "-c", text)
	p.expect("ready")
	for _, size := range []pty.Winsize{{Rows: 50, Cols: 132}, {Rows: 24, Cols: 80}} {
		if err := pty.Setsize(p.File, &size); err != nil {
			t.Fatal(err)
		}
		p.expect(fmt.Sprintf("%d %d", size.Rows, size.Cols))
	}
	p.press(ctrlC)
	if got := p.Wait(); got != 130 {
		t.Errorf("exit status %d", got)
	}
}

// A terminal that goes away takes no child with it that has not asked for it.
func TestReadAlongTerminalGoes(t *testing.T) {
	master, slave := openPTY(t)
	defer slave.Close()
	fifo := newFIFO(t)
	go func() {
		_, _ = master.Read(make([]byte, 16))
		master.Close()
		release(t, fifo)
	}()
	var seen bytes.Buffer
	err := ReadAlong(bounded(t), Stdio{Out: slave, Err: slave}, &seen, false, func(s Stdio) error {
		return Run(bounded(t), script(`echo one >&2; cat "$1"; echo two >&2; exit 3`, fifo), s)
	})
	if Status(err) != 3 || seen.String() != "one\ntwo\n" {
		t.Errorf("%v: seen %q", err, seen.String())
	}
}

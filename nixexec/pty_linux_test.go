package nixexec

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"nixhop/testdata/terminal"
)

// onATerminal is a program in the foreground of a terminal.
type onATerminal struct {
	*terminal.Terminal
	t     *testing.T
	lines *bufio.Scanner
}

// openPTY returns both ends of a new pseudo-terminal.
func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	return master, slave
}

// onTerminal starts the test binary, in the given mode, as the foreground of a terminal of its own.
func onTerminal(t *testing.T, mode string, args ...string) *onATerminal {
	t.Helper()
	c := child(mode, args...)
	program := exec.CommandContext(bounded(t), c.Argv[0], c.Argv[1:]...)
	program.Env = append(os.Environ(), c.Env...)
	started, err := terminal.Start(program, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { started.Close() })
	lines := bufio.NewScanner(started)
	lines.Split(lineOrQuestion)
	return &onATerminal{Terminal: started, t: t, lines: lines}
}

// lineOrQuestion splits after a line, and after a question that waits on its line for the answer.
func lineOrQuestion(data []byte, atEOF bool) (advance int, token []byte, err error) {
	const question = ")? "
	at := bytes.Index(data, []byte(question))
	if newline := bytes.IndexByte(data, '\n'); at < 0 || newline >= 0 && newline < at {
		return bufio.ScanLines(data, atEOF)
	}
	return at + len(question), data[:at+len(question)], nil
}

// expect reads up to a line that contains text and returns it.
func (p *onATerminal) expect(text string) string {
	p.t.Helper()
	var seen []string
	for p.lines.Scan() {
		line := p.lines.Text()
		if strings.Contains(line, text) {
			return line
		}
		seen = append(seen, line)
	}
	p.t.Fatalf("no line with %q in %q", text, seen)
	return ""
}

// until reads up to text, which may stand in the middle of a line.
func (p *onATerminal) until(text string) {
	p.t.Helper()
	seen := ""
	for one := make([]byte, 1); !strings.HasSuffix(seen, text); seen += string(one) {
		if _, err := p.Terminal.Read(one); err != nil {
			p.t.Fatalf("no %q in %q", text, seen)
		}
	}
}

// press types keys.
func (p *onATerminal) press(keys string) {
	p.t.Helper()
	if _, err := io.WriteString(p.Terminal, keys); err != nil {
		p.t.Fatal(err)
	}
}

const (
	ctrlC         = "\x03"
	ctrlBackslash = "\x1c"
)

// foregroundModes are all ways to run a child in the foreground, with a context that the keyboard ends and without.
var foregroundModes = []string{"run", "along", "keys-run", "keys-capture", "keys-watch", "keys-along"}

// Ctrl-C reaches a foreground child exactly once, its own status is kept, and the run counts as interrupted; so, too,
// where the child's output is read along: the keyboard is where it was. The child is waited for and gets no other
// signal, whether or not the keyboard has ended the context.
func TestCtrlCReachesForegroundOnce(t *testing.T) {
	for _, mode := range foregroundModes {
		p := onTerminal(t, mode, os.Args[0], "count")
		p.expect("ready")
		p.press(ctrlC)
		p.expect("interrupt 1")
		p.press("go on\n")
		if got := p.expect("total"); got != "total 1" {
			t.Errorf("%s: got %q", mode, got)
		}
		if got := p.expect("child"); got != `child 7 0 ""` {
			t.Errorf("%s: got %q", mode, got)
		}
		if strings.HasPrefix(mode, "keys-") {
			p.expect("cause stopped by signal interrupt")
		}
		if got := p.Wait(); got != 130 {
			t.Errorf("%s: exit status %d", mode, got)
		}
	}
}

// Ctrl-C twice is two signals, and nobody kills the child for it.
func TestCtrlCTwice(t *testing.T) {
	for _, mode := range foregroundModes {
		p := onTerminal(t, mode, os.Args[0], "count")
		p.expect("ready")
		for _, want := range []string{"interrupt 1", "interrupt 2"} {
			p.press(ctrlC)
			p.expect(want)
		}
		p.press("go on\n")
		p.expect("total 2")
		if got := p.Wait(); got != 130 {
			t.Errorf("%s: exit status %d", mode, got)
		}
	}
}

// SIGTERM ends a child that has survived Ctrl-C, although the context that both end was over before.
func TestTermAfterCtrlC(t *testing.T) {
	for _, mode := range foregroundModes {
		p := onTerminal(t, mode, os.Args[0], "count")
		p.expect("ready")
		p.press(ctrlC)
		p.expect("interrupt 1")
		if err := syscall.Kill(p.Pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if got := p.expect("child"); got != `child -1 15 ""` {
			t.Errorf("%s: got %q", mode, got)
		}
		if got := p.Wait(); got != 130 {
			t.Errorf("%s: exit status %d", mode, got)
		}
	}
}

func TestForegroundWithoutCtrlC(t *testing.T) {
	for _, mode := range foregroundModes {
		p := onTerminal(t, mode, os.Args[0], "count")
		p.expect("ready")
		p.press("go on\n")
		p.expect("total 0")
		if got := p.Wait(); got != 7 {
			t.Errorf("%s: exit status %d", mode, got)
		}
	}
}

// Whatever the child makes of the signal, the status is that of an interrupted run.
func TestKeyboardStatus(t *testing.T) {
	for _, test := range []struct {
		name string
		argv []string
		keys string
		want int
	}{
		{"dies of it", []string{"sh", "-c", "echo ready; exec cat"}, ctrlC, 130},
		{"exits 1", []string{os.Args[0], "obey", "1"}, ctrlC, 130},
		{"succeeds", []string{os.Args[0], "obey", "0"}, ctrlC, 130},
		{"quit", []string{"sh", "-c", "ulimit -c 0; echo ready; exec cat"}, ctrlBackslash, 131},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, mode := range []string{"run", "keys-run", "keys-along"} {
				p := onTerminal(t, mode, test.argv...)
				p.expect("ready")
				p.press(test.keys)
				if got := p.Wait(); got != test.want {
					t.Errorf("%s: exit status %d, want %d", mode, got, test.want)
				}
			}
		})
	}
}

// A background child does not hear Ctrl-C; it is told once, by SIGTERM.
func TestCtrlCEndsBackground(t *testing.T) {
	fifo := t.TempDir() + "/ready"
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	script := `trap 'echo INT >&2' INT; trap 'echo TERM >&2; exit 9' TERM; : >"$0"; while :; do sleep 0.1; done`
	p := onTerminal(t, "output", "sh", "-c", script, fifo)
	if _, err := os.ReadFile(fifo); err != nil {
		t.Fatal(err)
	}
	p.press(ctrlC)
	if got := p.expect("child 9 0"); strings.Count(got, "TERM") != 1 || strings.Contains(got, "INT") {
		t.Errorf("got %q", got)
	}
	if got := p.Wait(); got != 130 {
		t.Errorf("exit status %d", got)
	}
}

// A background child has no terminal to ask on: it fails there, where a mere process group would be stopped.
func TestBackgroundHasNoTerminal(t *testing.T) {
	p := onTerminal(t, "output", "sh", "-c", "read word </dev/tty || exit 6")
	if got := p.expect("child"); !strings.Contains(got, "/dev/tty") {
		t.Errorf("got %q", got)
	}
	if got := p.Wait(); got == 0 || got > 128 {
		t.Errorf("exit status %d", got)
	}
}

// What is typed as a secret is not shown, and reaches the child, where a shell asks for it that the printed command was
// pasted into.
func TestSecretIsAskedForInShell(t *testing.T) {
	c := Command{Argv: []string{"sed", "s/^/got /"}, Secret: NewSecret(treasure), Stdin: "and more\nend\n"}
	p := onTerminal(t, "run", "sh", "-c", c.String()+"; stty -a | grep -o ' echo '")
	p.until("password: ")
	eventually(t, "echo is off", func() bool {
		state, err := unix.IoctlGetTermios(int(p.Terminal.Fd()), unix.TCGETS)
		return err == nil && state.Lflag&unix.ECHO == 0
	})
	p.press("a 'typed' \\ one\n")
	for _, want := range []string{"", `got a 'typed' \ one`, "got and more", "got end"} {
		if got := p.expect(""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	p.expect(" echo ")
	if got := p.Wait(); got != 0 {
		t.Errorf("exit status %d", got)
	}
}

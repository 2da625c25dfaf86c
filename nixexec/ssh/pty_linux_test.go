package ssh

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"nixhop/testdata/terminal"
)

// onATerminal is a program in the foreground of a terminal.
type onATerminal struct {
	*terminal.Terminal
	t *testing.T
}

// onTerminal starts the test binary as a program that opens a connection, in the foreground of a terminal of its own.
func onTerminal(t *testing.T, o MasterOptions) onATerminal {
	t.Helper()
	program := exec.CommandContext(bounded(t), os.Args[0], o.Dir, o.Config, o.Host)
	program.Env = append(os.Environ(), opens+"=1")
	started, err := terminal.Start(program, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { started.Close() })
	return onATerminal{started, t}
}

// expect reads up to text, which may stand in the middle of a line.
func (p onATerminal) expect(text string) {
	p.t.Helper()
	seen := ""
	for one := make([]byte, 1); !strings.HasSuffix(seen, text); seen += string(one) {
		if _, err := p.Terminal.Read(one); err != nil {
			p.t.Fatalf("no %q in %q", text, seen)
		}
	}
}

// press types keys.
func (p onATerminal) press(keys string) {
	p.t.Helper()
	if _, err := io.WriteString(p.Terminal, keys); err != nil {
		p.t.Fatal(err)
	}
}

// ssh asks on the terminal when a connection is opened, and there only. One Ctrl-C is enough: ssh loses one that comes
// between its question and its reading, and is ended by the context then.
func TestOpenAsksOnTerminal(t *testing.T) {
	s := startServer(t)
	o := s.options("web")
	for _, test := range []struct {
		answer string
		want   int
	}{
		{"\x03", 130}, // Ctrl-C,
		{"no\n", 255},
		{"yes\n", 0},
	} {
		p := onTerminal(t, o)
		p.expect("Are you sure you want to continue connecting (yes/no/[fingerprint])? ")
		p.press(test.answer)
		if test.want == 0 {
			p.expect("used")
		}
		if got := p.Wait(); got != test.want {
			t.Errorf("answer %q: exit status %d, want %d", test.answer, got, test.want)
		}
		if entries, err := os.ReadDir(o.Dir); err != nil || len(entries) != 0 {
			t.Errorf("answer %q: left behind: %v, %v", test.answer, entries, err)
		}
	}
	if got := s.logins(); got != 1 {
		t.Errorf("%d logins", got)
	}
}

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// The end of a long run is told to a terminal that somebody sits at, where that is wanted, and nobody has stopped it.
func TestNotice(t *testing.T) {
	const long = 65 * time.Second
	for _, c := range []struct {
		words, environment string
		took               time.Duration
		err                error
		want               string
	}{
		{"switch web --notify", "TERM=xterm", long, nil, "\x1b]9;nixhop: switch web: done (1m05s)\a"},
		{"switch web db --notify", "TERM=foot", long, &report.CheckError{}, "\x1b]777;notify;nixhop: switch web db;a check failed; nothing was built (1m05s)\a"},
		{"switch web --notify", "TERM=xterm", long, errors.New("no"), "failed; nothing was activated, or not to its end (1m05s)\a"},
		{"switch web --notify", "TERM=xterm", long, &nixexec.ExitError{Code: 77}, "ended with status 77 (1m05s)\a"},
		{"switch web", "TERM=xterm", long, nil, ""},
		{"switch web --notify", "TERM=dumb", long, nil, ""},
		{"switch web --notify", "TERM=xterm CI=true", long, nil, ""},
		{"switch web --notify", "TERM=xterm", 9 * time.Second, nil, ""},
		{"switch web --notify", "TERM=xterm", long, &nixexec.InterruptedError{Signal: syscall.SIGINT}, ""},
	} {
		r, err := request.Parse(strings.Fields(c.words), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		master, terminal, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		notice(r, nixexec.Stdio{Err: terminal}, environment(c.environment), c.took, c.err)
		_, _ = terminal.WriteString("$")
		var got []byte
		for one := make([]byte, 1); !strings.HasSuffix(string(got), "$"); got = append(got, one...) {
			if _, err := master.Read(one); err != nil {
				t.Fatal(err)
			}
		}
		if text := strings.TrimSuffix(string(got), "$"); !strings.HasSuffix(text, c.want) || c.want == "" && text != "" {
			t.Errorf("%s, %s: %q", c.words, c.environment, text)
		}
		master.Close()
		terminal.Close()
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, _ := request.Parse([]string{"switch", "web", "--notify"}, func(string) bool { return true })
	notice(r, nixexec.Stdio{Err: file}, environment("TERM=xterm"), long, nil)
	if text, err := os.ReadFile(file.Name()); err != nil || len(text) > 0 {
		t.Errorf("in a file stands %q, %v", text, err)
	}
}

// environment has the variables of "A=1 B=2".
func environment(text string) func(string) string {
	return func(name string) string {
		for word := range strings.FieldsSeq(text) {
			if value, is := strings.CutPrefix(word, name+"="); is {
				return value
			}
		}
		return ""
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/creack/pty"
)

// A log line goes to standard error in one piece, without a time, and debug lines only with --verbose.
func TestLogger(t *testing.T) {
	for verbose, want := range []string{"INFO nixhop: built host=web\n", "DEBU nixhop: looked\nINFO nixhop: built host=web\n"} {
		file, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		log := newLogger(file, verbose)
		log.Debug("looked")
		log.Info("built", "host", "web")
		if got, _ := os.ReadFile(file.Name()); string(got) != want {
			t.Errorf("%q", got)
		}
		file.Close()
	}
}

// On a terminal the first bytes are those of the first line: the terminal is not asked for its colours, which takes ten
// seconds where nothing answers (numtide/treefmt#697). The colours are there, but not with NO_COLOR.
func TestLoggerAsksNoTerminal(t *testing.T) {
	for noColor, want := range map[string]string{"": "\x1b[1;38;5;86mINFO\x1b[0m", "1": "INFO nixhop: built\r\n"} {
		t.Setenv("TERM", "xterm-256color")
		t.Setenv("CI", "")
		t.Setenv("NO_COLOR", noColor)
		master, terminal, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer master.Close()
		defer terminal.Close()
		newLogger(terminal, 0).Info("built")
		got := make([]byte, 256)
		n, err := master.Read(got)
		if err != nil || !bytes.HasPrefix(got[:n], []byte(want)) {
			t.Errorf("NO_COLOR=%q: %q, %v", noColor, got[:n], err)
		}
	}
}

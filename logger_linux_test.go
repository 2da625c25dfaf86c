package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	charm "github.com/charmbracelet/log"
	"github.com/creack/pty"

	"nixhop/rebuild/request"
)

// A log line goes to standard error in one piece, without a time, debug lines only with --verbose, and what is told by
// the way not with --quiet. These take each other back.
func TestLogger(t *testing.T) {
	const built, failed = "INFO nixhop: built host=web\n", "ERRO nixhop: failed\n"
	for words, want := range map[string]string{
		"": built + failed, "-v": "DEBU nixhop: looked\n" + built + failed, "--quiet": failed, "--quiet --quiet -v": failed, "-v --quiet": built + failed,
	} {
		r, err := request.Parse(append([]string{"switch", "web"}, strings.Fields(words)...), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		log := newLogger(file, level(r))
		log.Debug("looked")
		log.Info("built", "host", "web")
		log.Error("failed")
		if got, _ := os.ReadFile(file.Name()); string(got) != want {
			t.Errorf("%s: %q", words, got)
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
		newLogger(terminal, charm.InfoLevel).Info("built")
		got := make([]byte, 256)
		n, err := master.Read(got)
		if err != nil || !bytes.HasPrefix(got[:n], []byte(want)) {
			t.Errorf("NO_COLOR=%q: %q, %v", noColor, got[:n], err)
		}
	}
}

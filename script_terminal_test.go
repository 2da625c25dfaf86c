package main

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"

	"github.com/rogpeppe/go-internal/testscript"
	"nixhop/testdata/terminal"
)

// terminalTime bounds how long a script waits for something on a terminal.
const terminalTime = 30 * time.Second

// onTerminal runs a program on a terminal of its own, types answers there, and wants an exit status:
//
//	terminal 0 answers nixhop switch web
//
// The file answers has a line for each: a text that the terminal is to show first, with \n for the end of a line, " =>
// " and what is typed then, where ^C, alone, is that key, and ^I and ^B stand for those. What was shown is in the file
// screen afterwards.
func onTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: terminal STATUS answers program [word...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := exec.Command(programOf(ts, args[2]), args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	inherited := []string{"WORK", "PATH", "HOME", "TMPDIR", "NIXHOP_SSH_CONFIG", "SHELL", "GORACE", "XDG_RUNTIME_DIR", "NIXHOP_GUARD", "NIXHOP_NOM"}
	for _, name := range inherited {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Env = append(cmd.Env, "TERM="+cmp.Or(ts.Getenv("TERM"), "dumb"), "CI="+ts.Getenv("CI"), "NO_COLOR=1")
	ours, err := terminal.Start(cmd, &pty.Winsize{Rows: 24, Cols: 120})
	ts.Check(err)
	defer ours.Close()
	shown := readScreen(ours)
	defer time.AfterFunc(2*terminalTime, func() { _ = cmd.Process.Kill() }).Stop()
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		text, answer, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
		if !shown.await(strings.ReplaceAll(text, `\n`, "\n")) {
			ts.Fatalf("no %q on the terminal, but:\n%s", text, shown.text())
		}
		if answer == "^C" {
			_, err = ours.WriteString("\x03")
		} else {
			_, err = ours.WriteString(typedKeys.Replace(answer) + "\n")
		}
		ts.Check(err)
	}
	got := ours.Wait()
	<-shown.ended
	ts.Logf("[screen]\n%s", shown.text())
	ts.Check(os.WriteFile(ts.MkAbs("screen"), []byte(shown.text()), 0o644))
	if got != want {
		ts.Fatalf("%q exited with status %d, not %d", args[2:], got, want)
	}
}

// typedKeys are the keys of an answer that have no sign: the tab key, and a step to the left.
var typedKeys = strings.NewReplacer("^I", "\t", "^B", "\x02")

// programOf finds a program in the script's PATH.
func programOf(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	ts.Fatalf("no %q in PATH", name)
	return ""
}

// screen is what a terminal has shown.
type screen struct {
	mu    sync.Mutex
	shown bytes.Buffer
	seen  int // how much of it was waited for
	ended chan struct{}
}

func readScreen(terminal io.Reader) *screen {
	s := &screen{ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		chunk := make([]byte, 4<<10)
		for {
			n, err := terminal.Read(chunk)
			s.mu.Lock()
			s.shown.Write(chunk[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

// text is everything, with plain ends of lines.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.shown.String(), "\r\n", "\n")
}

// ends are those of lines as a terminal has them.
var ends = strings.NewReplacer("\n", "\r\n")

// await waits until a text was shown behind what was waited for before.
func (s *screen) await(text string) bool {
	for end := time.Now().Add(terminalTime); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		_, rest, found := strings.Cut(s.shown.String()[s.seen:], ends.Replace(text))
		if found {
			s.seen = s.shown.Len() - len(rest)
		}
		s.mu.Unlock()
		if found {
			return true
		}
	}
	return false
}

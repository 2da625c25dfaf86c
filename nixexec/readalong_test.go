package nixexec

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// script is a child that runs a script, with its words as $1 and so on.
func script(text string, words ...string) Command {
	return Command{Argv: append([]string{"sh", "-c", text, "sh"}, words...)}
}

// newFIFO returns the path of a new FIFO: a child that reads it waits until the test has opened it.
func newFIFO(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// release lets a child go on that reads a FIFO.
func release(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Error(err)
	}
}

// What is no terminal stays the child's own, and nothing is seen.
func TestReadAlongLeavesFiles(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var seen bytes.Buffer
	for _, s := range []Stdio{{Err: file}, {}} {
		err := ReadAlong(bounded(t), s, &seen, false, func(got Stdio) error {
			if got != s {
				t.Errorf("got %v for %v", got, s)
			}
			return Run(bounded(t), script("echo said >&2; exit 3"), got)
		})
		if Status(err) != 3 || seen.Len() > 0 {
			t.Errorf("got %v, seen %q", err, seen.String())
		}
	}
	if got, _ := os.ReadFile(file.Name()); string(got) != "said\n" {
		t.Errorf("got %q", got)
	}
}

// By force a file is read along, with standard output in its place where both are the same file.
func TestReadAlongFile(t *testing.T) {
	const text = `for n in 1 2 3; do echo out $n; echo err $n >&2; done; printf 'end\000'; exit 3`
	const both = "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nend\x00"
	for name, shared := range map[string]bool{"both": true, "two files": false} {
		t.Run(name, func(t *testing.T) {
			file, err := os.Create(filepath.Join(t.TempDir(), "err"))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			s := Stdio{Out: file, Err: file}
			want := both
			if !shared {
				if s.Out, err = os.Create(filepath.Join(t.TempDir(), "out")); err != nil {
					t.Fatal(err)
				}
				defer s.Out.Close()
				want = "err 1\nerr 2\nerr 3\n"
			}
			var seen bytes.Buffer
			err = ReadAlong(bounded(t), s, &seen, true, func(s Stdio) error { return Run(bounded(t), script(text), s) })
			got, _ := os.ReadFile(file.Name())
			if Status(err) != 3 || string(got) != want || seen.String() != want {
				t.Errorf("%v: got %q, seen %q, want %q", err, got, seen.String(), want)
			}
		})
	}
}

// Standard output is returned, and not seen.
func TestReadAlongCapture(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	var out string
	err = ReadAlong(bounded(t), Stdio{Out: write, Err: write}, &seen, true, func(s Stdio) error {
		var err error
		out, err = Capture(bounded(t), script("echo out; echo err >&2; exit 4"), s)
		return err
	})
	write.Close()
	shown, _ := io.ReadAll(read)
	if Status(err) != 4 || out != "out\n" || seen.String() != "err\n" || string(shown) != "err\n" {
		t.Errorf("%v: returned %q, seen %q, shown %q", err, out, seen.String(), shown)
	}
}

// Every byte arrives, however slowly it is read.
func TestReadAlongLosesNothing(t *testing.T) {
	const size = 1 << 20
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		c := Command{Argv: []string{"head", "-c", "1048576", "/dev/zero"}}
		ended <- ReadAlong(bounded(t), Stdio{Out: write, Err: write}, &seen, true, func(s Stdio) error { return Run(bounded(t), c, s) })
		write.Close()
	}()
	shown := 0
	for piece := make([]byte, 1000); err == nil; {
		var n int
		n, err = read.Read(piece)
		shown += n
	}
	if err := <-ended; err != nil || shown != size || seen.Len() != size {
		t.Errorf("%v: %d bytes shown, %d seen", err, shown, seen.Len())
	}
}

// What a child leaves behind with its standard error open is not waited for; it can go on writing there, unseen.
func TestReadAlongDoesNotWaitForDaemon(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fifo := newFIFO(t)
	var seen bytes.Buffer
	err = ReadAlong(bounded(t), Stdio{Err: write}, &seen, true, func(s Stdio) error {
		return Run(bounded(t), script(`{ cat "$1"; echo late >&2; } & echo early >&2`, fifo), s)
	})
	if err != nil || seen.String() != "early\n" {
		t.Errorf("%v: seen %q", err, seen.String())
	}
	write.Close()
	release(t, fifo)
	if shown, err := io.ReadAll(read); err != nil || string(shown) != "early\nlate\n" {
		t.Errorf("shown %q, %v", shown, err)
	}
	if seen.String() != "early\n" {
		t.Errorf("seen %q", seen.String())
	}
}

// The child does not notice that nobody reads its words any more; neither does the program that reads them along.
func TestReadAlongBrokenPipe(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	c := child("along", "sh", "-c", "echo one >&2; echo two >&2; exit 7")
	program := exec.CommandContext(bounded(t), c.Argv[0], c.Argv[1:]...)
	program.Env = append(os.Environ(), c.Env...)
	program.Stderr = write
	out, err := program.Output()
	write.Close()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 || !strings.Contains(string(out), "child 7 0") {
		t.Errorf("%v: %q", err, out)
	}
}

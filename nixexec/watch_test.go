package nixexec

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// watch runs a script and returns the lines that were seen, what was shown of them, and what Watch returned. Lines that
// contain "hide" are not to be shown.
func watch(t *testing.T, c Command) (lines []string, shown, out string, err error) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan string)
	go func() {
		text, _ := io.ReadAll(read)
		all <- string(text)
	}()
	out, err = Watch(bounded(t), c, Stdio{Err: write}, func(line string) bool {
		lines = append(lines, line)
		return !strings.Contains(line, "hide")
	})
	write.Close()
	return lines, <-all, out, err
}

func TestWatch(t *testing.T) {
	lines, shown, out, err := watch(t, script(`echo out; printf 'one\nhide two\n\npart' >&2; printf ' three\r\nlast hide' >&2; exit 3`))
	if Status(err) != 3 || out != "out\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if want := []string{"one", "hide two", "", "part three\r", "last hide"}; !slices.Equal(lines, want) {
		t.Errorf("seen %q", lines)
	}
	if shown != "one\n\npart three\r\n" {
		t.Errorf("shown %q", shown)
	}
}

// A line that is too long is passed on whole and unseen: its end must not pass for a line.
func TestWatchLongLine(t *testing.T) {
	long := strings.Repeat("x", watchedLine) + "hide"
	lines, shown, _, err := watch(t, Command{Argv: []string{"sh", "-c", "cat >&2"}, Stdin: "hide\n" + long + "\nafter\n" + long})
	if err != nil || !slices.Equal(lines, []string{"hide", "after"}) {
		t.Errorf("%v: seen %.100q", err, lines)
	}
	if want := long + "\nafter\n" + long; shown != want {
		t.Errorf("%d bytes shown, want %d", len(shown), len(want))
	}
}

// Without a standard error the lines are seen all the same.
func TestWatchShowsNobody(t *testing.T) {
	seen := ""
	out, err := Watch(bounded(t), script("echo out; echo err >&2"), Stdio{}, func(line string) bool {
		seen += line
		return true
	})
	if err != nil || out != "out\n" || seen != "err" {
		t.Errorf("got %q, %v, seen %q", out, err, seen)
	}
}

// What the child leaves behind with its standard error open is not waited for.
func TestWatchDoesNotWaitForDaemon(t *testing.T) {
	fifo := newFIFO(t)
	var lines []string
	c := script(`{ cat "$1"; echo late >&2; } >/dev/null & echo early >&2`, fifo)
	_, err := Watch(bounded(t), c, Stdio{}, func(line string) bool {
		lines = append(lines, line)
		return true
	})
	if err != nil || !slices.Equal(lines, []string{"early"}) {
		t.Errorf("%v: seen %q", err, lines)
	}
	release(t, fifo)
}

func TestOutputLines(t *testing.T) {
	var seen []string
	shown := ""
	long := strings.Repeat("x", watchedLine) + "hide"
	c := Command{Argv: []string{"sh", "-c", "echo out; cat >&2; exit 3"}, Stdin: "one\n\nhide two\n" + long + "\nlast"}
	out, err := OutputLines(bounded(t), c,
		func(line string) bool {
			seen = append(seen, line)
			return !strings.Contains(line, "hide")
		},
		func(text []byte) { shown += string(text) })
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != 3 || !strings.HasSuffix(exit.Stderr, "hide\nlast") || string(out) != "out\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if want := []string{"one", "", "hide two", "last"}; !slices.Equal(seen, want) {
		t.Errorf("seen %q", seen)
	}
	// Who shows the last line ends it: the child has not.
	if want := "one\n\n" + long + "\nlast"; shown != want {
		t.Errorf("%d bytes shown, want %d", len(shown), len(want))
	}
}

package view

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"nixhop/rebuild/report"
)

// emulator is as much of a terminal as the view needs: what has come to stand on it, with all that has scrolled away.
type emulator struct {
	lines [][]rune
	row   int
	col   int
	top   int // of the rows that can be seen
	rows  int
	other []string // sequences that it does not know
}

var control = regexp.MustCompile(`^\x1b\[([0-9;?]*)([@-~])`)

// write shows a text.
func (e *emulator) write(text string) {
	for len(text) > 0 {
		if m := control.FindStringSubmatch(text); m != nil {
			e.control(m[1], m[2])
			text = text[len(m[0]):]
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch r {
		case '\r':
			e.col = 0
		case '\n':
			e.row++
		default:
			line := e.line()
			for len(*line) <= e.col {
				*line = append(*line, ' ')
			}
			(*line)[e.col] = r
			e.col++
		}
		e.line()
		e.top = max(e.top, e.row-e.rows+1)
	}
}

func (e *emulator) line() *[]rune {
	for len(e.lines) <= e.row {
		e.lines = append(e.lines, nil)
	}
	return &e.lines[e.row]
}

func (e *emulator) control(number, letter string) {
	n, err := strconv.Atoi(number)
	if err != nil {
		n = 1
	}
	switch letter {
	case "A":
		e.row = max(e.row-n, e.top)
	case "J":
		e.lines = e.lines[:e.row+1]
		*e.line() = (*e.line())[:min(e.col, len(*e.line()))]
	case "K":
		*e.line() = (*e.line())[:min(e.col, len(*e.line()))]
	case "m":
	default:
		e.other = append(e.other, number+letter)
	}
}

func (e *emulator) text() string {
	var b strings.Builder
	for _, line := range e.lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// terminal is a terminal of so many rows and 80 columns: what is written to ours comes out of read.
func terminal(t *testing.T, rows uint16) (file *os.File, read func() string) {
	t.Helper()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(theirs, &pty.Winsize{Rows: rows, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	all := make(chan string)
	go func() {
		var b strings.Builder
		buffer := make([]byte, 4<<10)
		for {
			n, err := ours.Read(buffer)
			b.Write(buffer[:n])
			if err != nil {
				all <- b.String()
				return
			}
		}
	}()
	return theirs, func() string {
		theirs.Close()
		defer ours.Close()
		return <-all
	}
}

// The log above the view has each line once and none of the view's, however many of them come; at the end the view is
// gone, and nothing about the terminal was changed: neither its modes nor its cursor.
func TestScreenIsLeftClean(t *testing.T) {
	file, read := terminal(t, 10)
	c := &Console{Plain: plainTo(file, file), Screen: &Screen{Out: file, Colours: true}}
	events := script(fleetOf(30, "activate", 3, 4, 5, 6, 7, 8, 9, 20) + `
		wait 1s
		h001 passed activate done
		h002 passed activate units failed
		h000 output printed at the end\n
		h003 output \e[2J\e[?25l\n
		h000 passed activate done
		h004 printed /nix/store/x\n`)
	for _, e := range events {
		if err := c.Render(e); err != nil {
			t.Fatal(err)
		}
	}
	resume := report.Sink(func(e report.Event) { _ = c.Render(e) }).Pause()
	_, _ = file.WriteString("a question? yes\n")
	resume()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	e := &emulator{rows: 10}
	e.write(read())
	got, table, _ := strings.Cut(e.text(), "\n\n")
	want := `level=INFO msg="h001: done after 38s"
level=INFO msg="h002: units failed (activate) after 38s"
level=INFO msg="h000: done after 43s"
h004: /nix/store/x
a question? yes`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !strings.HasPrefix(table, "HOST ") || len(e.other) > 0 {
		t.Errorf("sequences %q, and the end is\n%s", e.other, table)
	}
}

// Of a view that was drawn for a wider terminal each line takes the rows that it needs now.
func TestRowsOf(t *testing.T) {
	lines := []string{strings.Repeat("x", 79), "short", "\x1b[1m" + strings.Repeat("y", 40) + "\x1b[m", "漢字漢字漢字"}
	for _, c := range []struct {
		columns int
		broken  bool
		want    int
	}{{80, false, 4}, {40, false, 4}, {40, true, 5}, {39, true, 7}, {10, true, 8 + 1 + 4 + 2}, {1, true, 79 + 5 + 40 + 12}} {
		if got := rowsOf(lines, c.columns, c.broken); got != c.want {
			t.Errorf("%d columns, %v: got %d, want %d", c.columns, c.broken, got, c.want)
		}
	}
}

// What was drawn before this process was stopped is left to stand: the shell has written below it.
func TestScreenAfterSuspension(t *testing.T) {
	file, read := terminal(t, 24)
	s := &Screen{Out: file}
	s.state, _ = stateOf("begun switch a\na started build\n")
	s.draw()
	_, _ = file.WriteString("$ a command of the shell\n")
	s.at = time.Now().Add(-2 * suspended)
	s.draw()
	s.draw()
	s.hold()
	e := &emulator{rows: 24}
	e.write(read())
	if got := e.text(); !strings.HasPrefix(got, "a  build") || !strings.HasSuffix(got, "\n$ a command of the shell\n") || strings.Count(got, "\n") != 3 {
		t.Errorf("got\n%s", got)
	}
}

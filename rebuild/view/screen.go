package view

import (
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"nixhop/nixexec/tty"
)

// redrawn is how often a view is drawn anew.
const redrawn = 100 * time.Millisecond

// Screen draws the view at the end of what stands on a terminal. It changes nothing about the terminal, neither its
// modes nor its cursor, which stands below the view: whatever ends this process, there is nothing to be put back. A nil
// Screen draws nothing.
type Screen struct {
	Out     *os.File
	Colours bool
	Reflows bool // the terminal breaks lines that have become too long for it anew

	mu      sync.Mutex
	state   *State
	drawn   []string // the lines that stand there
	columns int      // of the terminal when they were drawn
	at      time.Time
	held    int // how many have the terminal for themselves
	ending  func()
}

// start begins to draw.
func (s *Screen) start(state *State) {
	if s == nil || s.state != nil {
		return
	}
	s.state = state
	s.resume()
	stop, ended := make(chan struct{}), make(chan struct{})
	stopWatching := s.watchSuspension()
	go func() {
		defer close(ended)
		tick := time.NewTicker(redrawn)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.mu.Lock()
				s.draw()
				s.mu.Unlock()
			case <-stop:
				return
			}
		}
	}()
	s.ending = sync.OnceFunc(func() {
		close(stop)
		<-ended
		stopWatching()
		s.hold()
	})
}

// stop takes the view away.
func (s *Screen) stop() {
	if s != nil && s.ending != nil {
		s.ending()
	}
}

// change changes the state.
func (s *Screen) change(change func()) {
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	change()
}

// above lets somebody write on the terminal, in whole lines: they come to stand above the view.
func (s *Screen) above(write func()) {
	if s == nil || s.state == nil {
		write()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	write()
	s.draw()
}

// hold takes the view away until resume.
func (s *Screen) hold() {
	if s == nil || s.state == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.held++
}

// resume shows it again, below whatever has come to stand there.
func (s *Screen) resume() {
	if s == nil || s.state == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = max(s.held-1, 0)
	s.draw()
}

// erase is with the lock held.
func (s *Screen) erase() {
	if len(s.drawn) > 0 && !s.outdated() {
		columns, _ := s.size()
		_, _ = s.Out.WriteString(s.back(columns) + ansi.EraseScreenBelow)
	}
	s.drawn = nil
}

// back goes to where the first line of the view begins.
func (s *Screen) back(columns int) string {
	return "\r" + ansi.CursorUp(rowsOf(s.drawn, columns, s.Reflows && columns < s.columns))
}

// rowsOf is how many rows lines take on a terminal.
func rowsOf(lines []string, columns int, broken bool) int {
	rows := len(lines)
	for _, line := range lines {
		if broken {
			rows += max(widthOf(ansi.Strip(line))-1, 0) / columns
		}
	}
	return rows
}

// draw is with the lock held. A process in the background leaves the terminal to whoever is in front of it.
func (s *Screen) draw() {
	if s.held > 0 {
		return
	}
	outdated := s.outdated()
	if !s.front() {
		s.drawn = nil
		return
	}
	columns, rows := s.size()
	var lines []string
	for _, line := range Layout(s.state, time.Now(), columns, rows) {
		lines = append(lines, s.styled(line))
	}
	if outdated || columns != s.columns || !slices.Equal(lines, s.drawn) {
		s.write(lines, columns, outdated)
	}
	s.at = time.Now()
}

// write is with the lock held.
func (s *Screen) write(lines []string, columns int, anew bool) {
	var b strings.Builder
	if len(s.drawn) > 0 && !anew {
		b.WriteString(s.back(columns))
	}
	for _, line := range lines {
		b.WriteString(line + ansi.EraseLineRight + "\r\n")
	}
	b.WriteString(ansi.EraseScreenBelow)
	_, _ = s.Out.WriteString(b.String())
	s.drawn, s.columns = lines, columns
}

// front reports whether the terminal is this process's to write on.
func (s *Screen) front() bool { return tty.Foreground(s.Out) }

func (s *Screen) styled(line Line) string {
	if line.Summary && s.Colours {
		return new(ansi.Style).Bold().Styled(line.Text)
	}
	return line.Text
}

// size is that of the terminal now, in columns and rows.
func (s *Screen) size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(s.Out.Fd()))
	if err != nil || columns <= 0 || rows <= 0 {
		return 80, 24
	}
	return columns, rows
}

// Package picture draws what a program has shown on a terminal, as SVG: for the pictures of the README, which are
// made of real runs.
package picture

import (
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// style is how a sign looks.
type style struct {
	colour    string // empty: that of the text
	bold, dim bool
}

// cell is one column of a row.
type cell struct {
	sign string // empty: the one before it takes two
	style
}

// Screen is a terminal of some columns and as many rows as it takes: what has scrolled away is still seen.
type Screen struct {
	columns     int
	rows        [][]cell
	row, column int
	style       style
	state       byte
	rest        []byte
}

// NewScreen is an empty one.
func NewScreen(columns int) *Screen { return &Screen{columns: columns, rows: [][]cell{nil}} }

// Write takes what a program writes; it never fails. What is not known of terminals leaves the screen as it is.
func (s *Screen) Write(text []byte) (int, error) {
	written := len(text)
	text = append(s.rest, text...)
	s.rest = nil
	for len(text) > 0 {
		sequence, width, n, state := ansi.DecodeSequenceWc(text, s.state, nil)
		if n == len(text) && (state != ansi.NormalState || sequence[0] == ansi.ESC) && !ended(sequence) {
			s.rest = slices.Clone(text) // the rest of it has yet to come
			break
		}
		s.state, text = state, text[n:]
		s.take(string(sequence), width)
	}
	return written, nil
}

// ended reports whether a sequence is whole.
func ended(sequence []byte) bool {
	last := sequence[len(sequence)-1]
	switch {
	case len(sequence) == 1:
		return sequence[0] != ansi.ESC
	case sequence[0] == ansi.ESC && sequence[1] == '[':
		return len(sequence) > 2 && last >= 0x40 && last <= 0x7e
	case sequence[0] == ansi.ESC && sequence[1] == ']':
		return last == ansi.BEL || last == '\\'
	default:
		return true
	}
}

func (s *Screen) take(sequence string, width int) {
	switch {
	case sequence == "\n":
		s.row++
		s.grow()
	case sequence == "\r":
		s.column = 0
	case strings.HasPrefix(sequence, "\x1b["):
		s.control(sequence[2:len(sequence)-1], sequence[len(sequence)-1])
	case width > 0:
		s.put(sequence, width)
	}
}

func (s *Screen) grow() {
	for len(s.rows) <= s.row {
		s.rows = append(s.rows, nil)
	}
}

func (s *Screen) put(sign string, width int) {
	if s.column+width > s.columns {
		s.column = 0
		s.row++
	}
	s.grow()
	row := s.rows[s.row]
	for len(row) < s.column+width {
		row = append(row, cell{sign: " "})
	}
	row[s.column] = cell{sign, s.style}
	for i := 1; i < width; i++ {
		row[s.column+i] = cell{style: s.style}
	}
	s.rows[s.row] = row
	s.column += width
}

// control is what a program tells the terminal to do.
func (s *Screen) control(parameters string, command byte) {
	first, err := strconv.Atoi(parameters)
	switch command {
	case 'A':
		s.row = max(0, s.row-max(1, first))
	case 'K':
		if parameters == "" || err == nil && first == 0 {
			s.rows[s.row] = s.rows[s.row][:min(s.column, len(s.rows[s.row]))]
		}
	case 'J':
		s.rows[s.row] = s.rows[s.row][:min(s.column, len(s.rows[s.row]))]
		s.rows = s.rows[:s.row+1]
	case 'm':
		s.graphics(parameters)
	}
}

// graphics changes the style.
func (s *Screen) graphics(parameters string) {
	numbers := strings.Split(parameters, ";")
	for i := 0; i < len(numbers); i++ {
		n, _ := strconv.Atoi(numbers[i])
		switch {
		case n == 0:
			s.style = style{}
		case n == 1:
			s.style.bold = true
		case n == 2:
			s.style.dim = true
		case n == 22:
			s.style.bold, s.style.dim = false, false
		case n == 39:
			s.style.colour = ""
		case n >= 30 && n <= 37:
			s.style.colour = colour(n - 30)
		case n >= 90 && n <= 97:
			s.style.colour = colour(n - 90 + 8)
		case n == 38 && i+2 < len(numbers) && numbers[i+1] == "5":
			index, _ := strconv.Atoi(numbers[i+2])
			s.style.colour = colour(index)
			i += 2
		}
	}
}

// Text is what stands there, in lines.
func (s *Screen) Text() string {
	var b strings.Builder
	for _, row := range s.lines() {
		for _, c := range row {
			b.WriteString(c.sign)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// lines are the rows to the last that has something.
func (s *Screen) lines() [][]cell {
	last := len(s.rows)
	for last > 0 && len(s.rows[last-1]) == 0 {
		last--
	}
	return s.rows[:last]
}

package explain

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// The bounds of what is looked at and of what comes out. They keep a megabyte of hostile output cheap: the patterns are run on
// few lines of a bounded length.
const (
	lineHead     = 3 << 10  // of a longer line these many bytes of its beginning
	lineTail     = 1 << 10  // and these many of its end are looked at
	rowBytes     = 8 << 10  // of the first lines that one pattern is tried on
	rowLast      = 4        // and so many of the last ones
	nearBytes    = 16 << 10 // of the lines before a match that are looked at once more
	captureBytes = 200      // of a text that is taken over into an explanation
)

// transcript is output made plain: the lines that a terminal would have shown, without colours and control characters.
type transcript struct{ lines []string }

// newTranscript makes output plain. A carriage return ends a line, so that what a progress bar overwrote is still seen.
func newTranscript(output []byte) transcript {
	var t transcript
	for len(output) > 0 {
		line := output
		if at := bytes.IndexAny(output, "\r\n"); at >= 0 {
			line, output = output[:at], output[at+1:]
		} else {
			output = nil
		}
		if len(line) > 0 {
			t.lines = append(t.lines, Plain(line))
		}
	}
	return t
}

// Plain is one line without escape sequences and control characters, its middle left out when it is too long. A tab becomes
// a blank, and what is not UTF-8 goes.
func Plain(line []byte) string {
	if len(line) > lineHead+lineTail {
		line = slices.Concat(line[:lineHead], []byte(" ... "), line[len(line)-lineTail:])
	}
	if isPlain(line) {
		return string(line)
	}
	var b strings.Builder
	for i := 0; i < len(line); {
		if line[i] == '\x1b' {
			i += escapeLength(line[i:])
			continue
		}
		if c := line[i]; c == '\t' {
			b.WriteByte(' ')
		} else {
			b.WriteByte(c)
		}
		i++
	}
	return nixexec.Printable(b.String())
}

// isPlain says that a line holds nothing but printable ASCII.
func isPlain(line []byte) bool {
	for _, c := range line {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// escapeLength is the length of the escape sequence at the beginning of a text: ECMA-48 control sequences (colours, cursor
// movements), strings that a BEL or an ST ends (window titles, hyperlinks), and the short ones.
func escapeLength(text []byte) int {
	if len(text) < 2 {
		return len(text)
	}
	switch text[1] {
	case '[':
		for i := 2; i < len(text); i++ {
			if text[i] >= '@' && text[i] <= '~' {
				return i + 1
			}
		}
		return len(text)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(text); i++ {
			if text[i] == '\a' {
				return i + 1
			}
			if text[i] == '\x1b' && i+1 < len(text) && text[i+1] == '\\' {
				return i + 2
			}
		}
		return len(text)
	}
	return 2
}

// candidates returns for each row, by its index, the lines that hold one of its needles: in one pass over the text, however many
// rows there are, and no more lines than a pattern may be tried on, the first ones and the last ones. They stand in the order in
// which they are tried: backwards for a row whose last match counts.
func (t transcript) candidates(rows []explanationRow, harmless bool) [][]int {
	index := newNeedleIndex(rows, harmless)
	first := make([][]int, len(rows))
	last := make([][]int, len(rows))
	sizes := make([]int, len(rows))
	for at, line := range t.lines {
		index.search(line, func(i int) {
			kept := &first[i]
			if sizes[i]+len(line) > rowBytes {
				kept = &last[i]
			}
			if len(*kept) > 0 && (*kept)[len(*kept)-1] == at || !rows[i].logs && logLine(line) {
				return
			}
			*kept = append(*kept, at)
			if kept == &first[i] {
				sizes[i] += len(line)
			} else if len(*kept) > rowLast {
				*kept = (*kept)[1:]
			}
		})
	}
	for i, row := range rows {
		first[i] = append(first[i], last[i]...)
		if row.last {
			slices.Reverse(first[i])
		}
	}
	return first
}

// logLine says that a line is one of a builder: `name> text` with nix build -L, `> text` in the excerpt that nix prints of the log
// of a failed build, or the same in the frame of nix-output-monitor.
func logLine(line string) bool {
	line = strings.TrimLeft(line, " ┃│")
	name, _, found := strings.Cut(line, ">")
	return found && len(name) < 100 && !strings.ContainsAny(name, " '\"</:")
}

// needleIndex finds many texts at once: a table of their first two bytes says where a comparison is worth it.
type needleIndex struct {
	heads   [1 << 16]uint16 // by two bytes: 1 + the place of the needles that begin with them, 0 for none
	needles [][]needle
}

// needle is a text that stands in every line that a row's pattern matches.
type needle struct {
	text string
	row  int
}

// newNeedleIndex returns the index of the needles of those rows that are harmless, or of those that are not.
func newNeedleIndex(rows []explanationRow, harmless bool) *needleIndex {
	x := &needleIndex{}
	for i, row := range rows {
		if row.harmless != harmless {
			continue
		}
		for _, text := range row.needles {
			head := &x.heads[int(text[0])<<8|int(text[1])]
			if *head == 0 {
				x.needles = append(x.needles, nil)
				*head = uint16(len(x.needles))
			}
			x.needles[*head-1] = append(x.needles[*head-1], needle{text, i})
		}
	}
	return x
}

// search calls found with the row of each needle in a line.
func (x *needleIndex) search(line string, found func(row int)) {
	for i := 0; i+1 < len(line); i++ {
		head := x.heads[int(line[i])<<8|int(line[i+1])]
		if head == 0 {
			continue
		}
		for _, n := range x.needles[head-1] {
			if strings.HasPrefix(line[i:], n.text) {
				found(n.row)
			}
		}
	}
}

// excerpt is the line that a row matched, and the lines around it.
type excerpt struct {
	groups []string // of the row's pattern
	lines  []string
	at     int
}

// group returns what the pattern's nth group matched, bounded; empty when there is none.
func (x excerpt) group(n int) string {
	if n >= len(x.groups) {
		return ""
	}
	return bounded(x.groups[n])
}

// line is the line itself.
func (x excerpt) line() string { return x.lines[x.at] }

// near returns the bounded groups of the first line that a pattern matches, among so many lines before and after this one, fewer
// where the lines before it are long; nil when there is none.
func (x excerpt) near(pattern string, before, after int) []string {
	expression := regexp.MustCompile(pattern)
	from := x.at
	for size := 0; from > max(0, x.at-before) && size < nearBytes; from-- {
		size += len(x.lines[from-1])
	}
	for _, line := range x.lines[from:min(len(x.lines), x.at+after+1)] {
		if groups := expression.FindStringSubmatch(line); groups != nil {
			for i, group := range groups {
				groups[i] = bounded(group)
			}
			return groups
		}
	}
	return nil
}

// bounded is a captured text, without white space around it and cut when it is too long.
func bounded(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > captureBytes {
		return strings.ToValidUTF8(text[:captureBytes], "") + "…"
	}
	return text
}

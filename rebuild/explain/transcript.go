package explain

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// The bounds of what is looked at and of what comes out. They keep a megabyte of hostile output cheap: the patterns
// are run on few lines of a bounded length.
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

// newTranscript makes output plain. A carriage return ends a line, so that what a progress bar overwrote is still
// seen.
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

// Plain is one line without escape sequences and control characters, its middle left out when it is too long. A tab
// becomes a blank, and what is not UTF-8 goes, before a lone byte of it could pass for a control sequence of 8 bits.
func Plain(line []byte) string {
	if len(line) > lineHead+lineTail {
		line = slices.Concat(line[:lineHead], []byte(" ... "), line[len(line)-lineTail:])
	}
	text := ansi.Strip(strings.ToValidUTF8(string(line), ""))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, text)
}

// candidates are the places of the lines that a row's pattern is tried on, in that order: those that hold one of its
// needles, the first ones and the last ones; backwards for a row whose last match counts.
func (t transcript) candidates(r row) []int {
	var first, last []int
	size := 0
	for at, line := range t.lines {
		switch {
		case !r.mentions(line) || !r.logs && logLine(line):
		case size+len(line) <= rowBytes:
			first = append(first, at)
			size += len(line)
		default:
			last = append(last[max(0, len(last)-rowLast+1):], at)
		}
	}
	all := append(first, last...)
	if r.last {
		slices.Reverse(all)
	}
	return all
}

// mentions says that one of the row's needles stands in a line.
func (r row) mentions(line string) bool {
	for _, needle := range r.needles {
		if strings.Contains(line, needle) {
			return true
		}
	}
	return false
}

// logLine says that a line is one of a builder: `name> text` with nix build -L, `> text` in the excerpt that nix
// prints of the log of a failed build, or the same in the frame of nix-output-monitor.
func logLine(line string) bool {
	line = strings.TrimLeft(line, " ┃│")
	name, _, found := strings.Cut(line, ">")
	return found && len(name) < 100 && !strings.ContainsAny(name, " '\"</:")
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

// near returns the bounded groups of the first line that a pattern matches, among so many lines before and after this
// one, fewer where the lines before it are long; nil when there is none.
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

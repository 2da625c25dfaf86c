package view

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/mattn/go-runewidth"

	"nixhop/nixexec"
)

// splitLines are the lines of a text, without their ends.
func splitLines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if !yield(strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}

// indented is a line that a program has printed, as it may stand on a terminal: what it was drawn over by a carriage
// return is gone, as are the sequences for a terminal, and what else is no printable character is U+FFFD.
func indented(line string) string {
	line = ansi.Strip(strings.TrimRight(line, "\r\n"))
	line = line[strings.LastIndexByte(line, '\r')+1:]
	text := strings.TrimLeft(line, " ")
	return line[:len(line)-len(text)] + nixexec.PlainText(text)
}

// shown is such a line without what it is indented by.
func shown(line string) string { return strings.TrimSpace(indented(line)) }

// prefixed are lines that a program has printed for a host, with its name in front of each.
func prefixed(host, lines string) string {
	var b strings.Builder
	for line := range splitLines(lines) {
		b.WriteString(shown(host) + ": " + indented(line) + "\n")
	}
	return b.String()
}

// cut is a text in so many columns at most. Terminals do not agree on the width of characters that are joined: each
// counts by itself, which is the widest that they can be; and one column has no more than a few of them that have no
// width.
func cut(text string, columns int) string {
	if columns <= 0 {
		return ""
	}
	width, count, kept := 0, 0, 0
	for at, r := range text {
		width += runewidth.RuneWidth(r)
		if count++; width > columns || count > 4*columns {
			return text[:kept] + "…"
		}
		if width < columns {
			kept = at + len(string(r))
		}
	}
	return text
}

// padded is a text in exactly so many columns.
func padded(text string, columns int) string {
	text = cut(text, columns)
	return text + strings.Repeat(" ", max(0, columns-widthOf(text)))
}

// widthOf is how many columns a text has at most.
func widthOf(text string) int {
	width := 0
	for _, r := range text {
		width += runewidth.RuneWidth(r)
	}
	return width
}

// took is a time in words: "7s", "1m05s", "2h00m".
func took(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	switch minutes := int(d.Minutes()); {
	case minutes == 0:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case minutes < 60:
		return fmt.Sprintf("%dm%02ds", minutes, int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%dh%02dm", minutes/60, minutes%60)
	}
}

// Reflows reports whether a terminal breaks the lines on it anew when its width changes, as nearly all do. Of those
// that do not, this is known by the environment: xterm, and the console of Linux. tmux, which may run in one of them,
// does.
func Reflows(env func(string) string) bool {
	return env("TMUX") != "" || env("XTERM_VERSION") == "" && env("TERM") != "linux"
}

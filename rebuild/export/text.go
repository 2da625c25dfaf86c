package export

import (
	"regexp"
	"strings"

	"nixhop/sshcfg"
)

// Text is the config as a file of ssh's: a Host or Match line at the beginning of a line, its settings under it, and
// comments where they stood.
func (f Flat) Text() string {
	var b strings.Builder
	for i, block := range f.Blocks {
		if block.Keyword != "" {
			if b.Len() > 0 && !above(f.Blocks[i-1]) {
				b.WriteString("\n")
			}
			b.WriteString(strings.TrimSpace(block.Keyword+" "+block.Header+" "+block.Comment) + "\n")
		}
		last := settings(block.Lines)
		for n, l := range block.Lines {
			switch {
			case n == last && n > 0:
				b.WriteString("\n") // the comments above the next Host line
				fallthrough
			case n > last, block.Keyword == "":
				b.WriteString(l.Text + "\n")
			default:
				b.WriteString("  " + l.Text + "\n")
			}
		}
	}
	return b.String()
}

// settings are how many of the lines of a block belong to it: comments behind them, but for hints, stand above what
// follows.
func settings(lines []sshcfg.Line) int {
	for i := len(lines); i > 0; i-- {
		if lines[i-1].Keyword != "" || lines[i-1].IsHint() {
			return i
		}
	}
	return 0
}

// above reports whether the last lines of a block are comments above the next one.
func above(b Block) bool { return settings(b.Lines) < len(b.Lines) }

// opened is what begins an interpolation in such a string, with the dollars before it: of two Nix takes the first for
// an escape of the second. An escape of two quotes might make another one of a quote before it.
var opened = regexp.MustCompile(`\$+\{`)

// indented is a text as a string of the Nix language in several lines, which stand in by so many spaces.
func indented(text string, by int) string {
	escaped := opened.ReplaceAllStringFunc(strings.ReplaceAll(text, "''", "'''"), func(run string) string {
		return `${"` + strings.ReplaceAll(run, "$", `\$`) + `"}`
	})
	margin := strings.Repeat(" ", by)
	var b strings.Builder
	b.WriteString("''\n")
	for l := range strings.Lines(escaped) {
		if l != "\n" {
			b.WriteString(margin + "  ")
		}
		b.WriteString(l)
	}
	return b.String() + margin + "''"
}

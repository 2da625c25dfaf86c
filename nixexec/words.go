package nixexec

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ShellWords is a command line of a POSIX shell, without what could change a terminal's state.
func ShellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Quote(Printable(word))
	}
	return strings.Join(quoted, " ")
}

// Printable drops what could change a terminal's state from a text that came from elsewhere: control characters,
// invalid UTF-8, and the marks that turn the direction of writing.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// Quoted is a value in an error text.
func Quoted(s string) string { return strconv.Quote(Printable(s)) }

var colourCode = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]")

// PlainText makes a text of a host fit to be printed: colours go, and whatever else is no printable character (control
// characters, bidirectional overrides, bytes that are not UTF-8) becomes U+FFFD.
func PlainText(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case r == '\t':
			return ' '
		}
		return utf8.RuneError
	}, colourCode.ReplaceAllString(text, "")))
}

// FirstLine is a text up to its first line break.
func FirstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// LastLine is the last line of a text that may end in line breaks.
func LastLine(s string) string {
	s = strings.TrimRight(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// Prefixed is a text with a prefix in front of each of its lines. It ends in a line break.
func Prefixed(prefix, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(prefix + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}

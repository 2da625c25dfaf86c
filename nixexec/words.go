package nixexec

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable is a text that came from elsewhere as one line for a terminal, where nothing of it changes the terminal's
// state or looks like another text: control characters and line breaks, bytes that are no UTF-8, and the marks that
// turn the direction of writing are written out, as \x1b.
func Printable(s string) string {
	if !strings.ContainsFunc(s, unprintable) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 || unprintable(r) {
			b.WriteString(strings.Trim(strconv.Quote(s[:size]), `"`))
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// PrintableLines is Printable for a text of several lines. A tab stays a space, and the colours of another program go.
func PrintableLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(colourCode.ReplaceAllString(text, "")) {
		plain := strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", " ")
		b.WriteString(Printable(plain))
		if strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Quoted is a value in an error text.
func Quoted(s string) string { return strconv.Quote(s) }

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

package sshcfg

import (
	"strings"
	"unicode"
)

// clean makes one line of another program's output safe to print: what is not printable (colours, cursor movements,
// line ends, marks that turn the direction of text) is dropped, white space at the ends too.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsPrint(r) && r != unicode.ReplacementChar:
			return r
		}
		return -1
	}, s))
}

// lastLine returns the last line of text that says something, cleaned.
func lastLine(text string) string {
	last := ""
	for l := range strings.Lines(text) {
		if l = clean(l); l != "" {
			last = l
		}
	}
	return last
}

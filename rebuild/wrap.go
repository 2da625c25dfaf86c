package rebuild

import (
	"strings"
	"unicode/utf8"
)

// wrap breaks text at spaces into lines of at most width characters; a longer word, which may be a path or a command, keeps a line of
// its own.
func wrap(text string, width int) []string {
	var lines []string
	length := 0
	for i, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		if i > 0 && length+1+size <= width {
			lines[len(lines)-1] += " " + word
			length += 1 + size
			continue
		}
		lines = append(lines, word)
		length = size
	}
	return lines
}

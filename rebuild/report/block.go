package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"nixhop/nixexec"
)

// Head is the first line of a finding.
func (f Finding) Head() string {
	return fmt.Sprintf("nixhop: %s: %s: %s [%s]", f.Severity, f.Host, f.What, f.Name)
}

// findingIndent stands in front of every line of a finding but the first.
const findingIndent = "  "

// Block is a finding in lines of so many columns (0: no limit). Those of the remedy stay as they are.
func Block(head, why string, remedy []string, columns int) string {
	lines := []string{head}
	if why != "" {
		lines = append(lines, why)
	}
	if width := columns - len(findingIndent); width > 0 {
		lines = slices.Concat(Wrap(head, width), Wrap(why, width))
	}
	for _, line := range remedy {
		lines = append(lines, findingIndent+line)
	}
	return strings.Join(lines, "\n"+findingIndent) + "\n"
}

// Wrap breaks text at spaces into lines of at most width characters; a longer word, which may be a path or a command,
// keeps a line of its own.
func Wrap(text string, width int) []string {
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

// CountOf is a number of things in words: "1 unit", "3 units".
func CountOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// Headed is a text under the name of its host, as typed; without a name, or of nothing, it is the text alone.
func Headed(host, text string) string {
	if host == "" || text == "" {
		return text
	}
	return "# " + nixexec.Printable(host) + "\n" + text
}

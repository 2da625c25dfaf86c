package nixexec

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Quote returns word as one word of a POSIX shell: bare where no shell could read it otherwise,
// else in single quotes.
func Quote(word string) string {
	if word != "" && strings.Trim(word, bareCharacters) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// bareCharacters have no meaning of their own inside a word, in any shell and at any place.
const bareCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./_-"

// ShellWord is Quote for a word that is shown, to be pasted: what could change a terminal's state, or break its line,
// is written out, so that a POSIX shell reads the very word, and whoever looks at it before sees what there is.
func ShellWord(word string) string {
	if strings.ContainsFunc(word, func(r rune) bool { return unprintable(r) || r == utf8.RuneError }) {
		return substituted(word)
	}
	return Quote(word)
}

// ShellWords is a command line of a POSIX shell, in one line that is shown.
func ShellWords(words []string) string {
	shown := make([]string, len(words))
	for i, word := range words {
		shown[i] = ShellWord(word)
	}
	return strings.Join(shown, " ")
}

// shellText is ShellWord for a word of a script, which may have lines.
func shellText(word string) string {
	if strings.ContainsFunc(word, unshown) {
		return substituted(word)
	}
	return Quote(word)
}

// unshown reports whether a character is written out in a script. U+FFFD may stand for a byte that is no UTF-8.
func unshown(r rune) bool { return r != '\n' && r != '\t' && (unprintable(r) || r == utf8.RuneError) }

// substituted is a word as what printf prints. A shell drops the line breaks at the end of that: they stand behind it.
func substituted(word string) string {
	if !strings.HasSuffix(word, "\n") {
		return `"$(printf ` + printfFormat(word) + `)"`
	}
	text := strings.TrimRight(word, "\n")
	return `"$(printf ` + printfFormat(text) + `)` + word[len(text):] + `"`
}

// printfFormat is a text as the format of printf, quoted for a shell, on one line.
func printfFormat(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '%':
			b.WriteString("%%")
		case r == '\\':
			b.WriteString(`\\`)
		case unprintable(r), r == utf8.RuneError, b.Len() == 0 && r == '-':
			for i := range size {
				fmt.Fprintf(&b, `\%03o`, text[i])
			}
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return Quote(b.String())
}

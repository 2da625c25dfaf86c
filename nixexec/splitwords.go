package nixexec

import (
	"errors"
	"strings"
)

// SplitWords splits a text as a POSIX shell does, quotes and backslashes honoured and nothing expanded. It fails for
// a quote that is not closed.
func SplitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	quote := byte(0)
	escaped := false
	for i := range len(text) {
		r := text[i] // every character that matters is one byte
		switch {
		case escaped:
			if quote == '"' && strings.IndexByte("$`\"\\\n", r) < 0 {
				word.WriteByte('\\')
			}
			if r != '\n' { // a backslash joins lines
				word.WriteByte(r)
			}
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
			inWord = inWord || i+1 < len(text) && text[i+1] != '\n'
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case strings.IndexByte(" \t\n", r) >= 0:
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteByte(r)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

package sshcfg

import "strings"

// line is one line of an ssh config, split as OpenSSH splits it.
type line struct {
	number  int      // from 1
	keyword string   // lower case; empty on a comment or an empty line
	words   []string // what follows the keyword, without quotes and escapes; nil where a quote is not closed
	comment string   // what follows the #
}

// blanks are the characters that OpenSSH takes for white space in a config (WHITESPACE in misc.c).
const blanks = " \t\r\n"

// scan splits the text of an ssh config into its lines.
func scan(text string) []line {
	var lines []line
	for i, raw := range strings.Split(text, "\n") {
		lines = append(lines, scanLine(i+1, raw))
	}
	return lines
}

// scanLine does what process_config_line_depth of OpenSSH's readconf.c does before it looks at the keyword.
func scanLine(number int, raw string) line {
	raw, _, _ = strings.Cut(raw, "\x00") // the rest of a C string's line is lost
	raw = strings.TrimRight(raw, blanks+"\f")
	l := line{number: number}
	keyword, rest := cutKeyword(raw)
	if keyword == "" && rest != "" {
		keyword, rest = cutKeyword(rest)
	}
	if keyword == "" {
		return l
	}
	if keyword[0] == '#' {
		_, l.comment, _ = strings.Cut(raw, "#")
		return l
	}
	l.keyword = strings.ToLower(keyword)
	l.words, l.comment = cutWords(strings.TrimLeft(rest, blanks))
	return l
}

// cutKeyword cuts the first word off, with the white space and the one equals sign behind it (strdelim in misc.c).
func cutKeyword(s string) (keyword, rest string) {
	i := strings.IndexAny(s, `"=`+blanks)
	if i < 0 {
		return s, ""
	}
	if s[i] == '"' {
		quoted, after, closed := strings.Cut(s[i+1:], `"`)
		if !closed {
			return "", ""
		}
		return s[:i] + quoted, strings.TrimLeft(after, blanks)
	}
	rest = strings.TrimLeft(s[i+1:], blanks)
	if s[i] != '=' && strings.HasPrefix(rest, "=") {
		rest = strings.TrimLeft(rest[1:], blanks)
	}
	return s[:i], rest
}

// cutWords splits the arguments of a keyword (argv_split in misc.c): both kinds of quotes, anywhere in a word; a
// backslash escapes quotes, itself, and a space outside quotes; a word that begins with # begins the comment.
func cutWords(s string) (words []string, comment string) {
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' || s[i] == '\t' {
			continue
		}
		if s[i] == '#' {
			return words, s[i+1:]
		}
		word, length, closed := cutWord(s[i:])
		if !closed {
			return nil, ""
		}
		words = append(words, word)
		i += length
	}
	return words, ""
}

// cutWord cuts one word off and says how much of s it took.
func cutWord(s string) (word string, length int, closed bool) {
	var b strings.Builder
	quote := byte(0)
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && (strings.IndexByte(`'"\`, s[i+1]) >= 0 || quote == 0 && s[i+1] == ' '):
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), i, true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), i, quote == 0
}

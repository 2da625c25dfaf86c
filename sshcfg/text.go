package sshcfg

import (
	"context"
	"strings"
)

// Line is one line of an ssh config, split as OpenSSH splits it.
type Line struct {
	Number  int      // from 1
	Keyword string   // lower case; empty on a comment or an empty line
	Words   []string // what follows the keyword, without quotes and escapes; nil where a quote is not closed
	Comment string   // what follows the #
	Text    string   // the line as it is, without the white space around it
	Rest    string   // of it, what follows the keyword
}

// ReadLines reads the lines of one ssh config file, without those of the files that it includes.
func ReadLines(path string) ([]Line, error) {
	text, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for i, raw := range strings.Split(text, "\n") {
		l := scanLine(i+1, raw)
		raw, _, _ = strings.Cut(raw, "\x00") // as for ssh
		raw = strings.Trim(raw, blanks+"\f")
		_, rest := cutKeyword(raw)
		lines = append(lines, Line{l.number, l.keyword, l.words, l.comment, raw, strings.TrimLeft(rest, blanks)})
	}
	return lines, nil
}

// Included are the files that one word of an Include line of a user's config stands for.
func Included(word string) ([]string, error) { return includeFiles(word, includeHome(), false) }

// PatternsMatch is the rule of a Host line: one of its patterns must match the name, and none with a ! may.
func PatternsMatch(patterns []string, name string) bool { return matchAny(patterns, name) }

// IsHint reports whether the comment of a line, without its #, is meant for nixhop.
func (l Line) IsHint() bool { return isHint(l.Comment) }

// Home is a path of an ssh config with a ~/ at its beginning written out.
func Home(path string) string { return expandHome(path, databaseHome()) }

// Answers is what `ssh -G` prints about host under a config for -F: the values of each keyword, in their order. The
// errors are those of Resolve.
func Answers(ctx context.Context, host, config string) (map[string][]string, error) {
	out, err := answers(ctx, host, config, nil)
	if err != nil {
		return nil, err
	}
	said := map[string][]string{}
	for l := range strings.Lines(string(out)) {
		keyword, value, _ := strings.Cut(strings.TrimSpace(l), " ")
		said[keyword] = append(said[keyword], value)
	}
	return said, nil
}

// Words are words as the ssh config has them behind a keyword.
func Words(list []string) string {
	var quoted []string
	for _, word := range list {
		if word == "" || strings.ContainsAny(word, " \t\"'\\") || strings.ContainsAny(word[:1], "#=") {
			word = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
		}
		quoted = append(quoted, word)
	}
	return strings.Join(quoted, " ")
}

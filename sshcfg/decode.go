package sshcfg

import (
	"fmt"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// lineLimit bounds, in bytes, what the library is given of one line: its lexer takes quadratic time. The rest of a line
// is known from its words.
const lineLimit = 8 << 10

// decode builds the blocks of one file. The library (kevinburke/ssh_config) does it, from lines that tidy has put in
// the form that it reads as ssh does: what it gets wrong is the spelling of lines (tabs, quotes, # in a word,
// Include), not which line belongs to which block. It refuses a whole file for one Match criterion that it does not
// know, as Fedora's stock "Match final all" (alebeck/boring#20). A Match block lists no alias, so nothing is lost where
// such a file is read again with the criteria left out.
func decode(path string, lines []line) ([]block, []Warning, error) {
	headers, text, warnings := tidy(path, lines, true)
	config, err := ssh_config.DecodeBytes([]byte(text))
	if err != nil {
		headers, text, warnings = tidy(path, lines, false)
		config, err = ssh_config.DecodeBytes([]byte(text))
	}
	if err != nil {
		return nil, warnings, err
	}
	loose := block{file: path, match: true}
	warnings = append(warnings, loose.read(config.Hosts[0], lines)...)
	if loose.hinted() {
		warnings = append(warnings, Warning{File: path, Text: "a hint stands above every Host line and so belongs to no host"})
	}
	var blocks []block
	for i, host := range config.Hosts[1:] {
		b := block{file: path, line: headers[i].number, match: headers[i].keyword == "match"}
		if !b.match && headers[i].words != nil {
			for _, p := range host.Patterns {
				b.patterns = append(b.patterns, p.String())
			}
			b.patterns = append(b.patterns, headers[i].words[min(len(headers[i].words), len(b.patterns)):]...)
		}
		warnings = append(warnings, b.read(host, lines)...)
		if b.match && b.hinted() {
			warnings = append(warnings, Warning{File: path, Line: b.line, Text: "a hint in a Match block belongs to no host"})
		}
		blocks = append(blocks, b)
	}
	return blocks, warnings, nil
}

// hinted says whether a hint was read into the block.
func (b block) hinted() bool {
	return b.hints.Configuration+b.hints.BuildHost+b.hints.Cross != "" || len(b.hints.Tags)+len(b.hints.Allow) > 0
}

// read takes the hints and the Tag out of what the library found under a Host or Match line. What a hint says stands in
// its line: the library was only shown where it stands.
func (b *block) read(host *ssh_config.Host, lines []line) []Warning {
	hint := func(number int, comment string) {
		if !isHint(comment) {
			return
		}
		hints, complaints := parseHints(lines[number-1].comment)
		b.hints.fill(hints)
		for _, complaint := range complaints {
			b.unread = append(b.unread, Warning{File: b.file, Line: number, Text: complaint, Hint: !b.match})
		}
	}
	hint(b.line, host.EOLComment)
	for _, node := range host.Nodes {
		switch n := node.(type) {
		case *ssh_config.Empty:
			hint(n.Pos().Line, n.Comment)
		case *ssh_config.KV:
			hint(n.Pos().Line, n.Comment)
			if b.tag == "" {
				b.tag = n.Value
			}
		}
	}
	return b.unread
}

// tidy writes the lines that make a block (Host, Match, Tag, hints) as the library reads them right, each on the line
// where it stood, and leaves out the others. It returns the Host and Match lines in order; a Host line of which no
// name is left has no words, and is written so that it still ends the block above. Without criteria every Match line
// is Match all.
func tidy(path string, lines []line, criteria bool) (headers []line, text string, warnings []Warning) {
	var b strings.Builder
	for _, l := range lines {
		var out string
		switch l.keyword {
		case "host":
			l.words, warnings = tidyNames(path, l, warnings)
			headers = append(headers, l)
			out = "Host " + fitting(l.words)
			if l.words == nil {
				out = "Match all"
			}
		case "match":
			headers = append(headers, l)
			out = "Match " + strings.Join(l.words, " ")
			if !criteria || len(out) > lineLimit {
				out = "Match all"
			}
		case "tag":
			if len(l.words) == 1 && checkWord("tag", l.words[0], `#"`) == nil {
				out = "Tag " + l.words[0]
			}
		}
		if isHint(l.comment) {
			out += " # " + hintMark
		}
		b.WriteString(out + "\n")
	}
	return headers, b.String(), warnings
}

// tidyNames returns the words of a Host line that can be the name or the pattern of a host, or nil if there is none.
func tidyNames(path string, l line, warnings []Warning) ([]string, []Warning) {
	var names []string
	for _, word := range l.words {
		err := checkPattern(word)
		if err == nil && len(word) > nameLimit {
			err = fmt.Errorf("the name has more than %d bytes", nameLimit)
			word = word[:nameLimit]
		}
		if err != nil {
			if isName(word) {
				text := fmt.Sprintf("host %q is left out: %v", word, err)
				warnings = append(warnings, Warning{File: path, Line: l.number, Text: text, names: true})
			}
			continue
		}
		names = append(names, word)
	}
	return names, warnings
}

// nameLimit is the longest name of a host that ssh can look up (NI_MAXHOST in netdb.h).
const nameLimit = 1025

// fitting are the first of the words, as many as the library is given.
func fitting(words []string) string {
	size := 0
	for i, word := range words {
		if size += len(word) + 1; size > lineLimit {
			words = words[:i]
			break
		}
	}
	return strings.Join(words, " ")
}

// isName reports whether a word of a Host line names a host of the inventory, not many at once. What begins with a dot
// is hidden there, as in a directory: systemd 256 has put .host and machine/.host, which are this very machine, into
// the config of each NixOS (20-systemd-ssh-proxy.conf).
func isName(word string) bool {
	return !strings.ContainsAny(word, "*?!") && !strings.HasPrefix(word, ".") && !strings.Contains(word, "/.")
}

// checkPattern is what ParseHost checks, for a word that may hold wildcards: a name that cannot be given as HOST is no
// alias.
func checkPattern(word string) error {
	if strings.ContainsAny(word, "*?") {
		bare := strings.NewReplacer("*", "x", "?", "x", ":", "x", "[", "x", "]", "x").Replace(strings.TrimPrefix(word, "!"))
		return checkWord("pattern", bare, "'`\"$\\;&<>|(){}/@#!=")
	}
	return checkName(strings.TrimPrefix(word, "!"))
}

package manual

import (
	"strings"

	"nixhop/rebuild/help"
)

// sourceWidth is how many bytes a line of the page has at most: mandoc -Tlint minds longer ones.
const sourceWidth = 78

// Roff is the page in the language of man(7), for a version of nixhop and the date of its last change (YYYY-MM-DD; may
// be empty). It is written here and not by go-md2man, which leaves a hyphen to be typeset: groff 1.23 makes another
// sign of it, and a flag that is copied from the manual is none.
func Roff(version, date string) string {
	var p page
	p.line(".TH NIXHOP 1 \"" + date + "\" " + quoted("nixhop "+version) + ` "User Commands"`)
	p.line(".nh")
	p.line(".ad l")
	for _, s := range sections() {
		if s.within {
			p.line(".SS " + quoted(s.title))
		} else {
			p.line(".SH " + quoted(s.title))
		}
		for i, part := range s.parts {
			p.part(part, i == 0)
		}
	}
	return p.String()
}

type page struct{ strings.Builder }

func (p *page) line(s string) { p.WriteString(s + "\n") }

// part writes a piece; the first one under a heading needs no break before it.
func (p *page) part(part help.Part, first bool) {
	if part.Text != "" {
		if !first {
			p.line(".PP")
		}
		p.filled(part.Text)
	}
	for _, r := range part.Rows {
		p.line(".TP")
		p.line(`\fB` + escaped(r.Word) + `\fR`)
		p.filled(r.Meaning)
	}
	if len(part.Lines) > 0 {
		if !first {
			p.line(".PP")
		}
		p.line(".nf")
		p.line(".RS 4")
		for _, l := range part.Lines {
			p.line(protected(escaped(l)))
		}
		p.line(".RE")
		p.line(".fi")
	}
}

// filled writes a paragraph in lines that the reader's formatter joins.
func (p *page) filled(text string) {
	line := ""
	for _, word := range strings.Fields(text) {
		word = marked(word)
		if line != "" && len(line)+1+len(word) > sourceWidth {
			p.line(protected(line))
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	if line != "" {
		p.line(protected(line))
	}
}

// marked is an escaped word of a text: a flag is in bold type.
func marked(word string) string {
	if !strings.HasPrefix(word, "--") {
		return escaped(word)
	}
	flag := strings.TrimRight(word, ",.;:)")
	return `\fB` + escaped(flag) + `\fR` + escaped(word[len(flag):])
}

// escapes are the signs that roff would take for something else, or typeset as another sign.
var escapes = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`)

func escaped(text string) string { return escapes.Replace(text) }

// protected keeps a line from being a request.
func protected(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}

// quoted is an argument of a request.
func quoted(text string) string { return `"` + strings.ReplaceAll(escaped(text), `"`, `\(dq`) + `"` }

package export

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"nixhop/sshcfg"
)

// Block is a Host or Match line with the lines under it, which stand in no order with those of an included file: a
// block that includes one goes on behind it, as another of the same Header.
type Block struct {
	Keyword string        // "Host" or "Match"; empty: what stands above every such line
	Header  string        // what follows the keyword, as ssh reads it
	Names   []string      // the patterns of a Host line; nil: a Match line
	Comment string        // on that line, with its #
	Lines   []sshcfg.Line // settings and comments
}

// Flat is an ssh config in one piece: each Include is replaced by what it leads to.
type Flat struct {
	Blocks []Block
	Lost   []string // what could not be taken along, a sentence each
}

// idle reports whether a block says nothing.
func (b Block) idle() bool { return len(b.Lines) == 0 && b.Comment == "" && !b.counts() }

// counts reports whether a block counts without any setting, too: it names a host, or has ssh read its config once
// more.
func (b Block) counts() bool {
	if b.Keyword == "Match" {
		return again.MatchString(b.Header)
	}
	return slices.ContainsFunc(b.Names, func(name string) bool { return !strings.ContainsAny(name, "*?!") })
}

// again finds the criteria of a Match line for which ssh reads its config a second time (ssh_config(5)).
var again = regexp.MustCompile(`(?i)\b(final|canonical)\b`)

// depthLimit is how deep ssh follows Include (READCONF_MAX_DEPTH in readconf.c).
const depthLimit = 16

// Flatten reads an ssh config with all that it includes. The error is that of the file itself; one that is included
// and cannot be read is among what is lost.
func Flatten(path string) (Flat, error) {
	f := flattening{}
	if err := f.read(path, nil, nil); err != nil {
		return Flat{}, err
	}
	return Flat{Blocks: slices.DeleteFunc(f.blocks, Block.idle), Lost: f.lost}, nil
}

// gate is a condition of a Host or a Match line around an Include.
type gate struct {
	names    []string // the patterns of a Host line; nil: a Match line
	criteria string   // of a Match line
}

// open says that a gate lets every host through.
func (g gate) open() bool {
	return slices.Equal(g.names, []string{"*"}) || g.names == nil && strings.EqualFold(g.criteria, "all")
}

// flattening is one Flatten under way.
type flattening struct {
	blocks []Block
	lost   []string
}

func (f *flattening) lose(file string, line int, format string, values ...any) {
	f.lost = append(f.lost, fmt.Sprintf("%s:%d: ", file, line)+fmt.Sprintf(format, values...))
}

// read adds one file, which stands behind gates and is included by the files of parents.
func (f *flattening) read(path string, gates []gate, parents []string) error {
	lines, err := sshcfg.ReadLines(path)
	if err != nil {
		return err
	}
	parents = append(slices.Clip(parents), path)
	within := gates
	current, refused := Block{}, error(nil)
	if len(parents) > 1 {
		current, refused = header(gates, "")
	}
	at, above := -1, true // where the current block stands, once it has begun; above every Host line of the file
	for _, l := range lines {
		switch {
		case strings.ContainsFunc(l.Text, unprintable):
			f.lose(path, l.Number, "the line is left out: it holds a control character, or is no UTF-8")
		case l.Keyword == "host" || l.Keyword == "match":
			above = false
			within = append(slices.Clip(gates), gateOf(l))
			if current, refused = header(within, commentOf(l)); refused != nil {
				f.lose(path, l.Number, "left out with what stands under it: %v", refused)
				continue
			}
			at = f.begin(current)
		case l.Keyword == "include":
			f.include(path, l, within, parents)
			at = -1
		case l.Text == "" || refused != nil:
		case above && l.IsHint() && len(f.blocks) > 0:
			// It belongs to no host, and would to those of the block before.
		case at < 0 && l.Keyword == "" && !l.IsHint() && len(f.blocks) > 0:
			last := &f.blocks[len(f.blocks)-1]
			last.Lines = append(last.Lines, l)
		default:
			if at < 0 {
				at = f.begin(current)
			}
			f.blocks[at].Lines = append(f.blocks[at].Lines, l)
		}
	}
	return nil
}

// unprintable reports whether a letter is one that no line of ours may hold.
func unprintable(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || r == unicode.ReplacementChar
}

// begin opens a block, and returns where it stands.
func (f *flattening) begin(b Block) int {
	if b.Keyword == "" && len(f.blocks) > 0 {
		b = host([]string{"*"}, "")
	}
	f.blocks = append(f.blocks, b)
	return len(f.blocks) - 1
}

// gateOf is the condition of a Host or Match line.
func gateOf(l sshcfg.Line) gate {
	switch {
	case l.Keyword == "host":
		return gate{names: append([]string{}, l.Words...)}
	case strings.Contains(l.Rest, "#"):
		return gate{criteria: sshcfg.Words(l.Words)} // without its comment
	}
	return gate{criteria: l.Rest}
}

// commentOf is the comment of a line with its #.
func commentOf(l sshcfg.Line) string {
	if l.Comment == "" {
		return ""
	}
	return "#" + l.Comment
}

// include reads the files of one Include line.
func (f *flattening) include(path string, l sshcfg.Line, within []gate, parents []string) {
	for _, word := range l.Words {
		files, err := sshcfg.Included(word)
		if err != nil {
			f.lose(path, l.Number, "the Include is left out: %v", err)
		}
		for _, file := range files {
			switch {
			case slices.Contains(parents, file):
				f.lose(path, l.Number, "%q includes itself", file)
			case len(parents) > depthLimit:
				f.lose(path, l.Number, "%q is included too deep for ssh", file)
			default:
				if err := f.read(file, within, parents); err != nil {
					f.lose(path, l.Number, "%q is left out: %v", file, err)
				}
			}
		}
	}
}

// block is the line of a gate.
func (g gate) block(comment string) Block {
	if g.names != nil {
		return host(g.names, comment)
	}
	return Block{Keyword: "Match", Header: g.criteria, Comment: comment}
}

// header is the one Host or Match line that says the same as several, each within the one before. A name that the
// others keep out stands in it no more.
func header(gates []gate, comment string) (Block, error) {
	shut := slices.DeleteFunc(slices.Clone(gates), gate.open)
	switch {
	case len(gates) == 0:
		return host([]string{"*"}, comment), nil
	case len(shut) == 0:
		return gates[len(gates)-1].block(comment), nil
	case len(shut) == 1:
		return shut[0].block(comment), nil
	}
	if names, told := kept(shut); told {
		return host(names, comment), nil
	}
	var parts []string
	for _, g := range shut {
		if g.names == nil {
			parts = append(parts, alone(g.criteria))
			continue
		}
		if slices.ContainsFunc(g.names, func(name string) bool { return strings.ContainsAny(name, ", \t\"'#") }) {
			return Block{}, fmt.Errorf("no Match line can say %q", "Host "+sshcfg.Words(g.names))
		}
		parts = append(parts, "originalhost "+strings.Join(g.names, ","))
	}
	return Block{Keyword: "Match", Header: strings.Join(parts, " "), Comment: comment}, nil
}

// host is the block of a Host line.
func host(names []string, comment string) Block {
	return Block{Keyword: "Host", Header: sshcfg.Words(names), Names: names, Comment: comment}
}

// kept are the names of several Host lines that all of them match, where one of them has nothing but names.
func kept(gates []gate) (names []string, told bool) {
	wild := func(name string) bool { return strings.ContainsAny(name, "*?!") }
	plain := slices.IndexFunc(gates, func(g gate) bool { return g.names != nil && !slices.ContainsFunc(g.names, wild) })
	if plain < 0 || slices.ContainsFunc(gates, func(g gate) bool { return g.names == nil }) {
		return nil, false
	}
	names = []string{}
	for _, name := range gates[plain].names {
		if !slices.ContainsFunc(gates, func(g gate) bool { return !sshcfg.PatternsMatch(g.names, name) }) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = []string{"!*"} // no host at all
	}
	return names, true
}

// alone are the criteria of a Match line that others are to stand beside: an "all" may not.
func alone(criteria string) string {
	if rest, all := strings.CutSuffix(criteria, " all"); all {
		return strings.TrimSpace(rest)
	}
	return criteria
}

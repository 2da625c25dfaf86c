package sshcfg

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// depthLimit is how deep ssh follows Include (READCONF_MAX_DEPTH in readconf.c).
const depthLimit = 16

// fileLimit bounds how many files one listing reads: Includes that fork at every level would never end.
const fileLimit = 4096

// List reads ssh config files, in the order in which ssh reads them (Files), with all their Includes, and returns the
// hosts that they name. It never fails: what it cannot read becomes a warning. A file that is missing is one only
// where it was asked for. An alias that stands in a file included from inside a Host block counts only where that
// block applies to it.
func List(files []string) Inventory {
	w := walk{home: includeHome()}
	for _, file := range files {
		system := file == filepath.Join(systemDir, "ssh_config")
		w.read(file, place{system: system, asked: !slices.Contains(Files(""), file)})
	}
	return Inventory{Aliases: w.aliases(), Patterns: w.patterns(), Warnings: once(w.warnings), Lost: w.lost, blocks: w.blocks}
}

// walk is one listing under way.
type walk struct {
	home     string
	blocks   []block
	warnings []Warning
	lost     []Warning
	files    int
}

// place is where a file stands among the Includes.
type place struct {
	system bool       // in or under the system's file: relative Includes start in /etc/ssh
	asked  bool       // by the user: it must be there
	parent []string   // the files that include it
	gates  [][]string // see block
	unsure bool       // see block
}

func (w *walk) warn(file string, line int, format string, values ...any) {
	w.warnings = append(w.warnings, Warning{File: file, Line: line, Text: fmt.Sprintf(format, values...)})
}

// lose is warn for what ssh reads.
func (w *walk) lose(file string, line int, format string, values ...any) {
	w.warn(file, line, format, values...)
	w.lost = append(w.lost, w.warnings[len(w.warnings)-1])
}

// once are warnings, each of them once: a file may be included from several places.
func once(warnings []Warning) []Warning {
	var all []Warning
	said := map[string]bool{}
	for _, w := range warnings {
		if text := w.String(); !said[text] {
			said[text] = true
			all = append(all, w)
		}
	}
	return all
}

// read adds the blocks of one file and, where their Include lines stand, those of the files that it includes.
func (w *walk) read(path string, at place) {
	if w.files++; w.files > fileLimit {
		return
	}
	text, err := readConfig(path)
	if errors.Is(err, fs.ErrNotExist) && !at.asked {
		return
	}
	var broken *fs.PathError
	if errors.As(err, &broken) {
		err = broken.Err
	}
	switch {
	case errors.Is(err, errUnread):
		w.lose(path, 0, "cannot be read: %v", err)
		return
	case err != nil:
		w.warn(path, 0, "cannot be read: %v", err)
		return
	}
	lines := scan(text)
	blocks, warnings, err := decode(path, lines)
	w.warnings = append(w.warnings, warnings...)
	if err != nil {
		w.lose(path, 0, "%s", clean(err.Error()))
	}
	nested := place{system: at.system, parent: append(slices.Clip(at.parent), path), gates: at.gates, unsure: at.unsure}
	w.blocks = append(w.blocks, block{file: path, patterns: []string{"*"}, gates: at.gates, unsure: at.unsure}) // what stands above every Host line
	here := len(w.blocks) - 1
	for _, l := range lines {
		switch {
		case (l.keyword == "host" || l.keyword == "match") && len(blocks) > 0:
			current := blocks[0]
			blocks = blocks[1:]
			current.gates, current.unsure = at.gates, at.unsure
			w.blocks = append(w.blocks, current)
			here = len(w.blocks) - 1
			nested.gates, nested.unsure = at.gates, at.unsure || current.match
			if !current.match {
				nested.gates = append(slices.Clip(at.gates), current.patterns)
			}
		case l.keyword == "include":
			w.include(path, l, nested)
		default:
			w.blocks[here].say(l)
		}
	}
}

// include reads the files of one Include line.
func (w *walk) include(path string, l line, at place) {
	for _, word := range l.words {
		files, err := includeFiles(word, w.home, at.system)
		if err != nil {
			w.warn(path, l.number, "%v", err)
		}
		for _, file := range files {
			switch {
			case strings.ContainsFunc(file, unicode.IsControl) || !utf8.ValidString(file):
				w.warn(path, l.number, "%q is left out: its name holds a control character", file)
			case slices.Contains(at.parent, file):
				w.warn(path, l.number, "%q includes itself", file)
			case len(at.parent) > depthLimit:
				w.warn(path, l.number, "%q is included too deep for ssh", file)
			case w.files == fileLimit:
				w.lose(path, l.number, "more than %d files are included: the others are left out", fileLimit)
				w.files++
			default:
				w.read(file, at)
			}
		}
	}
}

// aliases returns the names without a wildcard, each once, with the hints of every block that applies to it.
func (w *walk) aliases() []Alias {
	var aliases []Alias
	seen := map[string]bool{}
	for _, b := range w.blocks {
		for _, name := range b.patterns {
			if !isName(name) || seen[name] || !b.applies(name) {
				continue
			}
			seen[name] = true
			aliases = append(aliases, Alias{Name: name, File: b.file, Line: b.line})
		}
	}
	for _, b := range w.blocks {
		if b.hinted() {
			for i, a := range aliases {
				if b.applies(a.Name) {
					aliases[i].Hints.fill(b.hints)
				}
			}
		}
	}
	for i, a := range aliases {
		aliases[i].Tags = slices.Clone(a.Hints.Tags)
		tagged := slices.IndexFunc(w.blocks, func(b block) bool { return b.tag != "" && b.applies(a.Name) })
		if tagged >= 0 {
			aliases[i].Tags = append(aliases[i].Tags, w.blocks[tagged].tag)
		}
		slices.Sort(aliases[i].Tags)
		aliases[i].Tags = slices.Compact(aliases[i].Tags)
	}
	return aliases
}

// patterns returns the wildcard patterns, each once.
func (w *walk) patterns() []string {
	var patterns []string
	for _, b := range w.blocks {
		for _, p := range b.patterns {
			if strings.ContainsAny(p, "*?") && p[0] != '!' && strings.Trim(p, "*") != "" && !slices.Contains(patterns, p) {
				patterns = append(patterns, p)
			}
		}
	}
	return patterns
}

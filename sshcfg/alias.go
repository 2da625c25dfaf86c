package sshcfg

import (
	"fmt"
	"strings"

	"nixhop/nixexec"
)

// Alias is a name that stands, without a wildcard, on a Host line of the ssh config.
type Alias struct {
	Name  string
	File  string // where its first Host line stands
	Line  int    // from 1
	Hints Hints
	Tags  []string // the tags of its hints and OpenSSH's own Tag, sorted, each once
}

// Inventory is every host that the ssh config names.
type Inventory struct {
	Aliases  []Alias   // in the order in which ssh reads them
	Patterns []string  // the wildcard patterns of Host lines, but not a bare *, which names nothing
	Warnings []Warning // what could not be read, or not be used
	Lost     []Warning // of these, what ssh reads, so that hints for any host may stand there

	blocks []block
}

// Warning is something in an ssh config that gets lost, because nixhop could not use it.
type Warning struct {
	File string
	Line int // from 1; 0: the whole file
	Text string
	Hint bool // about a hint of a block: it matters to the hosts that this is about, which Unread tells

	names bool // names of hosts are lost, and nothing else: whoever named theirs has no need of them
}

// Concerns reports whether the loss matters to a run for hosts of these names; none: for every host there is.
func (w Warning) Concerns(names []string) bool {
	return len(names) == 0 || !w.names && !w.Hint
}

// String is file:line: text.
func (w Warning) String() string {
	file := nixexec.Printable(w.File)
	if w.Line == 0 {
		return fmt.Sprintf("%s: %s", file, w.Text)
	}
	return fmt.Sprintf("%s:%d: %s", file, w.Line, w.Text)
}

// Find returns the alias of that name. ssh compares names with their case.
func (inv Inventory) Find(name string) (Alias, bool) {
	for _, a := range inv.Aliases {
		if a.Name == name {
			return a, true
		}
	}
	return Alias{}, false
}

// Matches says whether a Host line of the ssh config speaks of that name, by itself or by a wildcard (*.lab). A bare *
// speaks of every name and so of none.
func (inv Inventory) Matches(name string) bool {
	for _, b := range inv.blocks {
		if b.names(name) {
			return true
		}
	}
	return false
}

// Unread are the hints for a host that say nothing that can be understood.
func (inv Inventory) Unread(name string) []Warning {
	var unread []Warning
	for _, b := range inv.blocks {
		if len(b.unread) > 0 && b.applies(name) {
			unread = append(unread, b.unread...)
		}
	}
	return unread
}

// Names returns the names of all aliases, in order.
func (inv Inventory) Names() []string {
	names := make([]string, len(inv.Aliases))
	for i, a := range inv.Aliases {
		names[i] = a.Name
	}
	return names
}

// block is a Host or Match line with what stands under it.
type block struct {
	file     string
	line     int
	match    bool       // a Match line: when it applies is for ssh to know
	patterns []string   // of a Host line, as written, with their !
	gates    [][]string // patterns of the Host lines around the Includes that lead here: all of them must match too
	hints    Hints
	unread   []Warning         // hints that are none
	tag      string            // OpenSSH's Tag keyword
	says     map[string]string // the first value of each keyword in described
	unsure   bool              // it stands in a file that is included from a Match block
}

// applies says whether ssh applies the block to a host of that name; false for a Match block.
func (b block) applies(name string) bool {
	if b.match || !matchAny(b.patterns, name) {
		return false
	}
	for _, gate := range b.gates {
		if !matchAny(gate, name) {
			return false
		}
	}
	return true
}

// names is applies for a block that says more than "every host".
func (b block) names(name string) bool {
	for _, p := range b.patterns {
		if strings.Trim(p, "*") != "" && p[0] != '!' && match(p, name) {
			return b.applies(name)
		}
	}
	return false
}

// matchAny is the rule of a Host line: one pattern must match, and no pattern with a ! may.
func matchAny(patterns []string, name string) bool {
	found := false
	for _, p := range patterns {
		if negated, ok := strings.CutPrefix(p, "!"); ok {
			if match(negated, name) {
				return false
			}
			continue
		}
		found = found || match(p, name)
	}
	return found
}

// match is ssh's pattern match: * is any run of characters, ? exactly one (PATTERNS in ssh_config(5)).
func match(pattern, name string) bool {
	star, retry := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			retry++
			p, n = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

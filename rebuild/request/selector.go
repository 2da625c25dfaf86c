package request

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// Kind says what a HOST word names.
type Kind int

// The kinds of HOST words.
const (
	OneHost Kind = iota // [user@]alias, an address or a URL
	Glob                // [user@]pattern: the aliases that match, of those that have a configuration
	Tag                 // @tag: the aliases that have it
	Every               // --all: the aliases that have a configuration
	Listed              // "-": what standard input says, one word a line
)

// Selector is one HOST word: which host, or which hosts, and optionally which configuration goes there.
type Selector struct {
	Word          string // as typed
	Host          string // the word without "=configuration": [user@]alias, address, ssh://..., a glob, or @tag
	Configuration string // what stood behind '='; empty: to be found out
	Kind          Kind
}

// Everything is --all as a HOST word.
func Everything() Selector { return Selector{Word: "--all", Host: "--all", Kind: Every} }

// ParseSelector takes a HOST word apart: [user@]alias, alias=configuration, a glob, @tag, an address,
// ssh://user@host:port, or "-". What the host part means is sshcfg.ParseHost's business. Errors are a *UsageError.
func ParseSelector(word string) (Selector, error) {
	if word == "-" {
		return Selector{Word: word, Host: word, Kind: Listed}, nil
	}
	host, configuration, given := strings.Cut(word, "=")
	if err := tameHost("HOST", host); err != nil {
		return Selector{}, err
	}
	s := Selector{Word: word, Host: host, Configuration: configuration, Kind: kindOf(host)}
	switch {
	case s.Kind == Glob && !s.wellFormed():
		return Selector{}, &UsageError{Message: fmt.Sprintf("%q is no pattern", host), Hint: "as in: 'web*', 'web?', 'web[1-3]'"}
	case !given:
		return s, nil
	case strings.HasPrefix(word, "ssh://"):
		return Selector{}, &UsageError{Message: fmt.Sprintf("the URL %q holds a '='", word), Hint: "a configuration is named with the flake: --flake FLAKE#NAME"}
	case s.Kind != OneHost:
		return Selector{}, usageErrorf("%q would put one configuration on several hosts", word)
	case configuration == "" || strings.ContainsFunc(configuration, unicode.IsControl):
		return Selector{}, &UsageError{Message: fmt.Sprintf("no configuration is named in %q", word), Hint: "as in: " + nixexec.ShellWord(host) + "=CONFIGURATION"}
	}
	return s, nil
}

// kindOf tells a glob from the brackets of an address: [fe80::1], [web]:22.
func kindOf(host string) Kind {
	switch {
	case strings.HasPrefix(host, "@"):
		return Tag
	case strings.HasPrefix(host, "ssh://"):
		return OneHost
	case strings.ContainsAny(host, "*?"):
		return Glob
	case strings.Contains(host, "[") && !strings.Contains(host, ":"):
		if _, err := sshcfg.ParseHost(host); err != nil {
			return Glob
		}
	}
	return OneHost
}

// Split is the word without its user, and that user; empty: there is none.
func (s Selector) Split() (user, pattern string) {
	at := strings.LastIndexByte(s.Host, '@')
	return s.Host[:max(at, 0)], s.Host[at+1:]
}

// Matches reports whether a glob matches the name of an alias. A slash is a character like others, and [!a] means what
// it means in a shell.
func (s Selector) Matches(name string) bool {
	ok, err := path.Match(s.pattern(), unslashed(name))
	return ok && err == nil
}

func (s Selector) pattern() string {
	_, pattern := s.Split()
	return strings.ReplaceAll(unslashed(pattern), "[!", "[^")
}

func (s Selector) wellFormed() bool {
	_, err := path.Match(s.pattern(), "")
	return err == nil
}

// unslashed is a name without slashes, which path.Match has no star for.
func unslashed(name string) string { return strings.ReplaceAll(name, "/", "\x01") }

// tameHost refuses a host that a program could take for a flag or for more than one word.
func tameHost(what, host string) error {
	name := host[strings.LastIndexByte(host, '@')+1:]
	switch {
	case host == "":
		return usageErrorf("%s is empty", what)
	case strings.HasPrefix(host, "-") || strings.HasPrefix(name, "-"):
		return usageErrorf("a host cannot begin with '-': %q", host)
	case strings.ContainsFunc(host, func(c rune) bool { return unicode.IsControl(c) || unicode.IsSpace(c) || c == unicode.ReplacementChar }):
		return usageErrorf("a host cannot hold white space or control characters: %q", host)
	}
	return nil
}

// WantsList reports whether one of the words is "-".
func (r Request) WantsList() bool {
	return slices.ContainsFunc(slices.Concat(r.Hosts, r.Except), func(s Selector) bool { return s.Kind == Listed })
}

// WithList puts the words that standard input has, one a line, in the place of "-". Empty lines count for nothing; a
// list without any word is wrong usage, for then whatever should have made it has failed.
func (r Request) WithList(text string) (Request, error) {
	var list []Selector
	for line := range strings.Lines(text) {
		word := strings.TrimSpace(line)
		if word == "" {
			continue
		}
		s, err := ParseSelector(word)
		if err == nil && s.Kind == Listed {
			err = usageErrorf(`a "-" in the list on standard input`)
		}
		if err != nil {
			return r, err
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return r, &UsageError{Message: "no host stands on standard input", Hint: `"-" takes one HOST a line from there`}
	}
	for _, words := range []*[]Selector{&r.Hosts, &r.Except} {
		if i := slices.IndexFunc(*words, func(s Selector) bool { return s.Kind == Listed }); i >= 0 {
			*words = slices.Concat((*words)[:i], list, (*words)[i+1:])
		}
	}
	return r, nil
}

// Broad reports whether one of the words stands for what matches it, of all aliases that have a configuration.
func (r Request) Broad() bool {
	return slices.ContainsFunc(r.Hosts, func(s Selector) bool { return s.Kind == Glob || s.Kind == Every })
}

// Partition is a share of the hosts that were chosen; the zero one is all of them.
type Partition struct{ Index, Count int } // from 1 to Count

// parsePartition reads "2/5".
func parsePartition(value string) (Partition, error) {
	index, count, _ := strings.Cut(value, "/")
	i, err1 := strconv.ParseUint(index, 10, 31)
	n, err2 := strconv.ParseUint(count, 10, 31)
	if err1 != nil || err2 != nil || i < 1 || i > n {
		return Partition{}, &UsageError{
			Message: "--partition takes I/N, where I counts from 1 to N, not " + nixexec.Quoted(value),
			Hint:    "as in: --partition 1/3",
		}
	}
	return Partition{int(i), int(n)}, nil
}

// refusedSelection refuses words that choose hosts where there is nothing to choose from.
func refusedSelection(r Request, action Action) error {
	lists := 0
	for _, s := range slices.Concat(r.Hosts, r.Except) {
		if s.Kind == Listed {
			lists++
		}
	}
	if lists > 1 {
		return usageErrorf(`"-" can be given once: standard input is read once`)
	}
	switch none := len(r.Hosts) == 0 && !action.Own; {
	case r.Has("--inventory") && r.TargetHostFlag:
		return usageErrorf("--inventory cannot be used with --target-host")
	case r.Value("--inventory") == "deploy" && (r.File != "" || r.Attr != ""):
		return &UsageError{Message: "the nodes of deploy-rs are a flake's, and --file and --attr take what a file holds", Hint: "name the flake: --flake FLAKE --inventory deploy"}
	case r.Has("--inventory") && none:
		return &UsageError{Message: "--inventory says where hosts have their configurations, and no host is named", Hint: "as in: nixhop " + action.Name + " HOST --inventory " + r.Value("--inventory")}
	}
	for _, name := range []string{"--except", "--partition"} {
		switch {
		case !r.Has(name):
		case r.TargetHostFlag:
			return usageErrorf("%s cannot be used with --target-host, which is one host", name)
		case len(r.Hosts) == 0 && !action.Own:
			return &UsageError{Message: name + " takes away from the hosts that are named, and none is", Hint: "as in: nixhop " + action.Name + " --all " + name + " ..."}
		}
	}
	return nil
}

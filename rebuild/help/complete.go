package help

import (
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Candidate is one word that a shell may offer.
type Candidate struct {
	Word string
	Help string // may be empty
}

// Line is a command line that is being typed.
type Line struct {
	Words []string // behind the program's name; the one to complete as far as it stands before the cursor
	At    int      // which of them that is
	Plain bool     // the program is a nixos-rebuild that is not nixhop
}

// Known is what may be offered beside the words of the tables. Each is asked only where it is needed.
type Known struct {
	Hosts          func() []Candidate // the aliases of the ssh config
	Tags           func() []string
	Configurations func(request.Request) []string // of the flake that a request means
	Nodes          func(request.Request) []string // of the inventories there, or in the file that it means; nil: none
}

// Complete lists what may stand in the place of a word. files tells that names of files may stand there, too. The list
// is not reduced to what the word begins with, but user@, alias= and --flag= in front of it are in front of each
// candidate, too.
func Complete(l Line, k Known) (candidates []Candidate, files bool) {
	if l.At >= len(l.Words) {
		l.Words, l.At = append(slices.Clone(l.Words), ""), len(l.Words)
	}
	c := completion{Line: l, known: k, before: l.Words[:l.At], word: l.Words[l.At]}
	c.request, _ = request.Parse(slices.Concat(c.before, l.Words[l.At+1:]), func(string) bool { return false })
	if slices.Contains(c.before, "--") {
		return c.flags(func(s request.FlagSpec) bool { return !s.IsOwn() }), true
	}
	if spec, ok := openFlag(c.before, c.word); ok {
		return c.values(spec, "")
	}
	if name, _, ok := strings.Cut(c.word, "="); ok {
		if spec, found := request.FindFlag(name); found && len(spec.Values) == 1 {
			c.word = c.word[len(name)+1:]
			return c.values(spec, name+"=")
		}
	}
	return c.operands()
}

// completion is a line with the word that is to be completed.
type completion struct {
	Line
	known   Known
	before  []string
	word    string
	request request.Request // of the other words
}

// openFlag finds the flag that the next word is a value of.
func openFlag(before []string, word string) (request.FlagSpec, bool) {
	for back := 1; back <= 2 && back <= len(before); back++ {
		spec, ok := request.FindFlag(before[len(before)-back])
		if ok && !spec.Attached && len(spec.Values) >= back && (!spec.Optional || !strings.HasPrefix(word, "-")) {
			return spec, true
		}
	}
	return request.FlagSpec{}, false
}

// values are those that a flag takes, each behind a prefix.
func (c completion) values(spec request.FlagSpec, prefix string) (candidates []Candidate, files bool) {
	for _, choice := range spec.Choices {
		finding, _ := report.FindSpec(choice)
		candidates = append(candidates, Candidate{choice, finding.Meaning})
	}
	switch spec.Values[0] {
	case "HOST", "HOST|N":
		candidates = c.hosts()
		if spec.Name == "--build-host" && !c.Plain {
			candidates = append(candidates, Candidate{"local", "this machine"}, Candidate{"target", "the host itself"})
		}
	case "SYSTEM", "BUILD-SYSTEM":
		for _, system := range commonSystems() {
			candidates = append(candidates, Candidate{Word: system})
		}
	case "FLAKE[#NAME]":
		flake, _, named := strings.Cut(c.word, "#")
		if !named {
			return nil, true
		}
		c.request.Flake, c.request.FlakeGiven = flake, true
		if flake == "" {
			c.request.Flake = "."
		}
		for _, name := range c.known.Configurations(c.request) {
			candidates = append(candidates, Candidate{flake + "#" + nixexec.Fragment(name), "configuration"})
		}
	case "FILE", "DIR", "PATH":
		return nil, true
	}
	for i := range candidates {
		candidates[i].Word = prefix + candidates[i].Word
	}
	return candidates, false
}

// hosts are the words for a host: tags behind an @, else aliases, behind the user@ that the word begins with.
func (c completion) hosts() []Candidate {
	var candidates []Candidate
	if strings.HasPrefix(c.word, "@") {
		for _, t := range c.known.Tags() {
			candidates = append(candidates, Candidate{"@" + t, "tag"})
		}
		return candidates
	}
	user := c.word[:strings.LastIndexByte(c.word, '@')+1]
	for _, h := range c.known.Hosts() {
		candidates = append(candidates, Candidate{user + h.Word, h.Help})
	}
	if c.known.Nodes == nil {
		return candidates
	}
	for _, name := range c.known.Nodes(c.request) {
		listed := func(h Candidate) bool { return h.Word == user+name }
		word, err := request.ParseSelector(name)
		if plain := err == nil && word.Kind == request.OneHost && word.Configuration == ""; plain && !slices.ContainsFunc(candidates, listed) {
			candidates = append(candidates, Candidate{user + name, "node"})
		}
	}
	return candidates
}

// operands are the words that may stand where no value of a flag does: flags, an action, hosts.
func (c completion) operands() (candidates []Candidate, files bool) {
	action, known := request.FindAction(c.request.Action)
	switch {
	case strings.HasPrefix(c.word, "-"):
		return c.flags(func(s request.FlagSpec) bool { return !known || takes(action, s) }), false
	case !known && (c.word == "" || c.Plain):
		return c.actions(), false
	case !known: // a host may stand before the action
		return append(c.actions(), c.hosts()...), false
	case c.Plain:
		return nil, false
	case action.Hosts == request.PlainWords:
		for _, w := range action.Words {
			candidates = append(candidates, Candidate{w, shortOf(w)})
		}
		return candidates, false
	}
	alias, _, named := strings.Cut(c.word, "=")
	if !named {
		return c.hosts(), false
	}
	for _, name := range c.known.Configurations(c.request) {
		candidates = append(candidates, Candidate{alias + "=" + name, "configuration"})
	}
	return candidates, false
}

// shortOf is what a word for help is about.
func shortOf(word string) string {
	if t, ok := request.FindTopic(word); ok {
		return t.Short
	}
	a, _ := request.FindAction(word)
	return a.Short
}

func (c completion) actions() []Candidate {
	var candidates []Candidate
	for _, a := range request.Actions() {
		if !a.Own || !c.Plain {
			candidates = append(candidates, Candidate{a.Name, a.Short})
		}
	}
	return candidates
}

// flags offers those that may stand there, but none in an older spelling.
func (c completion) flags(may func(request.FlagSpec) bool) []Candidate {
	var candidates []Candidate
	for _, s := range request.Flags() {
		if s.Group == request.GroupOld || c.Plain && s.IsOwn() || !may(s) {
			continue
		}
		for _, spelling := range s.Spellings() {
			candidates = append(candidates, Candidate{spelling, s.Help})
		}
	}
	return candidates
}

// commonSystems are the systems that are offered where one is to be typed: those that NixOS is built for.
func commonSystems() []string {
	return []string{"aarch64-linux", "x86_64-linux", "riscv64-linux", "armv7l-linux", "i686-linux"}
}

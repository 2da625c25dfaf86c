package help

import (
	"slices"
	"strings"

	"nixhop/rebuild/request"
)

// Candidate is one word that a shell may offer.
type Candidate struct {
	Word string
	Help string // may be empty
}

// Complete lists what may stand in the place of the last of words, the words behind the program's name. files tells
// that names of files may stand there, too. The list is not reduced to what the last word begins with, but user@ and
// --flag= in front of it are in front of each candidate, too. hosts and tags are asked only where they are needed.
func Complete(words []string, hosts, tags func() []string) (candidates []Candidate, files bool) {
	if len(words) == 0 {
		words = []string{""}
	}
	before, word := words[:len(words)-1], words[len(words)-1]
	if slices.Contains(before, "--") {
		return flagCandidates(func(s request.FlagSpec) bool { return !s.IsOwn() }), true
	}
	if spec, ok := openFlag(before, word); ok {
		return valueCandidates(spec, "", word, hosts)
	}
	if name, _, ok := strings.Cut(word, "="); ok {
		if spec, found := request.FindFlag(name); found && len(spec.Values) == 1 {
			return valueCandidates(spec, name+"=", word, hosts)
		}
	}
	return operandCandidates(before, word, hosts, tags), false
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

func valueCandidates(spec request.FlagSpec, prefix, word string, hosts func() []string) (candidates []Candidate, files bool) {
	values := spec.Choices
	switch spec.Values[0] {
	case "HOST":
		if values = addressed(strings.TrimPrefix(word, prefix), hosts()); spec.Name == "--build-host" {
			values = append(values, "local", "target")
		}
	case "SYSTEM", "BUILD-SYSTEM":
		values = commonSystems()
	case "FILE", "DIR", "PATH", "FLAKE[#NAME]":
		return nil, true
	}
	for _, v := range values {
		candidates = append(candidates, Candidate{Word: prefix + v})
	}
	return candidates, false
}

// addressed puts the user of a word user@ho in front of each host.
func addressed(word string, hosts []string) []string {
	user := word[:strings.LastIndexByte(word, '@')+1]
	var names []string
	for _, h := range hosts {
		names = append(names, user+h)
	}
	return names
}

func operandCandidates(before []string, word string, hosts, tags func() []string) (candidates []Candidate) {
	wanted, _ := request.Parse(before, func(string) bool { return false })
	action, known := request.FindAction(wanted.Action)
	switch {
	case strings.HasPrefix(word, "-"):
		return flagCandidates(func(s request.FlagSpec) bool { return !known || takes(action, s) })
	case !known:
		return actionCandidates()
	case action.Hosts == request.PlainWords:
		for _, w := range action.Words {
			candidates = append(candidates, Candidate{Word: w})
		}
	case strings.HasPrefix(word, "@"):
		for _, t := range tags() {
			candidates = append(candidates, Candidate{Word: "@" + t})
		}
	default:
		for _, h := range addressed(word, hosts()) {
			candidates = append(candidates, Candidate{Word: h, Help: "host"})
		}
	}
	return candidates
}

func actionCandidates() []Candidate {
	var candidates []Candidate
	for _, a := range request.Actions() {
		candidates = append(candidates, Candidate{Word: a.Name, Help: a.Short})
	}
	return candidates
}

// flagCandidates offers the flags that may stand there, but none in an older spelling.
func flagCandidates(may func(request.FlagSpec) bool) []Candidate {
	var candidates []Candidate
	for _, s := range request.Flags() {
		if s.Group == request.GroupOld || !may(s) {
			continue
		}
		for _, spelling := range s.Spellings() {
			candidates = append(candidates, Candidate{Word: spelling, Help: s.Help})
		}
	}
	return candidates
}

// commonSystems are the systems that are offered where one is to be typed: those that NixOS is built for.
func commonSystems() []string {
	return []string{"aarch64-linux", "x86_64-linux", "riscv64-linux", "armv7l-linux", "i686-linux"}
}

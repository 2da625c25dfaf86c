package request

import (
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// notRepeated are the flags that say nothing about what is deployed, or how.
var notRepeated = [...]string{"--json", "--plan", "--verbose", "--help", "--explain"}

// anotherWay are the flags that say how a system for another platform is built: one that is offered takes the place of --cross and --emulate.
var anotherWay = [...]string{"--build-host", "--cross", "--emulate"}

// Repeated makes commands that are offered repeat how this run was called: `nixhop switch web`, as every finding has it, gets the
// configuration and the flags that were given for web, since it would deploy something else without them; ssh gets the ssh config in
// use. The request is one for a single target.
func (r Request) Repeated(lines []string) []string {
	host, word := "", ""
	if len(r.Hosts) == 1 {
		word = r.Hosts[0].Word
		if h, err := sshcfg.ParseHost(r.Hosts[0].Host); err == nil {
			host = h.String()
		}
	}
	out := slices.Clone(lines)
	for i, line := range out {
		for _, program := range []string{"ssh ", "ssh-copy-id "} {
			if rest, found := strings.CutPrefix(line, program); found && r.SSHConfig != "" {
				line = program + "-F " + nixexec.Quote(r.SSHConfig) + " " + rest
				break
			}
		}
		out[i] = r.repeatCall(line, host, word)
	}
	return out
}

// repeatCall completes the nixhop in a command line, if it is called for the host there.
func (r Request) repeatCall(line, host, word string) string {
	before, after, found := strings.Cut(line, "nixhop "+r.Action+" "+nixexec.Quote(host))
	if !found || host == "" {
		return line
	}
	switch {
	case after == "" || after[0] == ' ':
	case after[0] == '=': // another configuration is offered
		end := strings.IndexByte(after+" ", ' ')
		word, after = host+after[:end], after[end:]
	default:
		return line // another host, whose name only begins so
	}
	call := []string{"nixhop", r.Action, word}
	if r.TargetHostFlag {
		call = []string{"nixhop", r.Action, "--target-host", word}
	}
	return before + nixexec.ShellWords(append(call, r.flagWords(after)...)) + after
}

// flagWords are the flags of the request, without those that stand in a text already.
func (r Request) flagWords(text string) []string {
	var words []string
	offered := strings.Fields(text)
	for i, word := range offered {
		offered[i], _, _ = strings.Cut(word, "=")
	}
	otherWay := slices.ContainsFunc(anotherWay[:], func(name string) bool { return slices.Contains(offered, name) })
	add := func(name string, flag ...string) {
		if otherWay && slices.Contains(anotherWay[1:], name) {
			return
		}
		if !slices.Contains(offered, name) && !slices.Contains(notRepeated[:], name) {
			words = append(words, flag...)
		}
	}
	switch {
	case r.FlakeGiven && r.Flake != "":
		add("--flake", "--flake", r.Flake)
	case r.FlakeGiven:
		add("--flake", "--flake")
	case r.NoFlake:
		add("--no-flake", "--no-flake")
	}
	if r.File != "" {
		add("--file", "--file", r.File)
	}
	if r.Attr != "" {
		add("--attr", "--attr", r.Attr)
	}
	if r.BuildHostGiven {
		add("--build-host", "--build-host", r.BuildHost)
	}
	for _, f := range slices.Concat(r.Flags, r.Own) {
		add(f.Name, f.Words()...)
	}
	return words
}

package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
)

// Remedy is one line that is offered to be pasted. It becomes words only by Call.Lines, which knows how nixhop was
// called: this deployment once more needs the flags of this run, and ssh the ssh config in use.
//
// A Remedy that needs a host there is none (a run without a target has no name for it) is no line at all.
type Remedy struct {
	kind          kind
	words         []string // of nixhop or ssh; of this deployment once more: the flags that are offered
	configuration string   // that is offered for the target
	text          string   // of a line that stays as it is
	before        string   // what starts the command: "sudo -u alice"
	behind        string   // what the shell does with it: "| od -c"
	note          string
}

type kind int

const (
	plainLine    kind = iota // stays as it is
	once                     // this deployment once more
	nixhopLine               // another command of nixhop
	sshLine                  // ssh, or a program of it that takes its -F
	alternatives             // the line between two remedies of which each is enough
)

// Again is this deployment once more, as it was called. The flags win over those of this run.
func Again(flags ...string) Remedy { return Remedy{kind: once, words: flags} }

// As is Again with another configuration for the target.
func As(configuration string, flags ...string) Remedy {
	return Remedy{kind: once, words: flags, configuration: configuration}
}

// Nixhop is another command line of nixhop, of which these are the words: of this run it repeats how its host was
// typed, and the ssh config, without which the name is another machine or none.
func Nixhop(words ...string) Remedy { return Remedy{kind: nixhopLine, words: words} }

// SSH is an ssh with these words: SSH("-v", "web"). A command line for the shell there is one word of them:
// SSH("web", "df | sort").
func SSH(words ...string) Remedy {
	return Remedy{kind: sshLine, words: append([]string{"ssh"}, words...)}
}

// SSHCopyID brings the user's public key to a host: that of the file key, or, where that is empty, the one that
// ssh-copy-id finds by itself, which knows no IdentityFile of the ssh config.
func SSHCopyID(host, key string) Remedy {
	if key == "" || host == "" {
		return Remedy{kind: sshLine, words: []string{"ssh-copy-id", host}}
	}
	return Remedy{kind: sshLine, words: []string{"ssh-copy-id", "-i", key, host}}
}

// On is a command on a host. Two shells read it, the one here and the login shell there.
func On(host string, words ...string) Remedy { return SSH(host, nixexec.ShellWords(words)) }

// Shell is a command on this machine.
func Shell(words ...string) Remedy { return Line(nixexec.ShellWords(words)) }

// Line is a text as it is: a line of NixOS or ssh configuration, a comment, or a command that is no mere row of words.
func Line(text string) Remedy { return Remedy{text: nixexec.Printable(text)} }

// Comment is a line that a shell and NixOS alike leave out.
func Comment(text string) Remedy { return Line("# " + text) }

// Lines are several lines as they are.
func Lines(texts ...string) []Remedy {
	lines := make([]Remedy, len(texts))
	for i, text := range texts {
		lines[i] = Line(text)
	}
	return lines
}

// HostBlock is a block of ssh configuration for a host.
func HostBlock(host string, options ...string) []Remedy {
	if host == "" {
		return nil
	}
	block := []Remedy{Line("Host " + host)}
	for _, option := range options {
		block = append(block, Line("  "+option))
	}
	return block
}

// AnyOf is a remedy of several, of which each is enough. Between them stands a line that is a comment for a shell and
// for NixOS alike. An empty one is left out.
func AnyOf(remedies ...[]Remedy) []Remedy {
	var all []Remedy
	for _, remedy := range remedies {
		if len(all) > 0 && len(remedy) > 0 {
			all = append(all, Remedy{kind: alternatives})
		}
		all = append(all, remedy...)
	}
	return all
}

// Note has a text stand behind the remedy, as a comment.
func (r Remedy) Note(text string) Remedy {
	r.note = nixexec.Printable(text)
	return r
}

// Under has another command start this one, as a shell reads it: "sudo -u alice".
func (r Remedy) Under(command string) Remedy {
	r.before = nixexec.Printable(command)
	return r
}

// Behind has the shell do something with the command: "| od -c".
func (r Remedy) Behind(text string) Remedy {
	r.behind = nixexec.Printable(text)
	return r
}

// Call is how this run of nixhop was called, as far as a remedy repeats it.
type Call struct {
	Action     string // empty: switch
	Word       string // the HOST as typed; empty: there is no target
	Host       string // without port and configuration: [user@]alias
	TargetHost bool   // it was given by --target-host
	SSHConfig  string // by --ssh-config or the environment; empty: the user's own
	Ports      []Port // that were typed for hosts, and are not what the ssh config says
	Flags      []Flag // that say what is deployed, and how, in the order in which they are repeated

	Several []string // the HOSTs as typed, where there is more than one: there is no target then
	Extra   []string // for nixos-rebuild alone, behind "--"
}

// Port is the port by which this run reaches a host, which ssh would not take by itself.
type Port struct {
	Host string // as ssh is given it
	Port int
}

// Flag is one flag of a command line.
type Flag struct {
	Name  string   // the canonical one: "--max-jobs"
	Words []string // as typed: "-j", "8"
}

// Lines are the remedies as they are printed. No other place makes words of them.
func (c Call) Lines(remedies []Remedy) []string {
	var lines []string
	or := false
	for _, r := range remedies {
		if r.kind == alternatives {
			or = len(lines) > 0
			continue
		}
		line := c.line(r)
		if line == "" {
			continue
		}
		if or {
			lines, or = append(lines, "# or"), false
		}
		lines = append(lines, r.dressed(line))
	}
	return lines
}

// line is a remedy without what stands around it; empty where it needs a host there is none.
func (c Call) line(r Remedy) string {
	switch r.kind {
	case once:
		return c.again(r)
	case nixhopLine, sshLine:
		if slices.Contains(r.words, "") {
			return ""
		}
		if r.kind == nixhopLine {
			words := append([]string{"nixhop"}, r.words...)
			for i := 2; i < len(words); i++ { // behind the action
				if !strings.HasPrefix(words[i-1], "-") {
					words[i] = c.typed(words[i])
				}
			}
			return nixexec.ShellWords(append(words, c.only("--ssh-config").repeated(r.words)...))
		}
		return nixexec.ShellWords(slices.Concat(r.words[:1], c.way(r.words[1:]), r.words[1:]))
	}
	return r.text
}

// way are the options by which an ssh with these words goes the way that this run went.
func (c Call) way(words []string) []string {
	var options []string
	if c.SSHConfig != "" {
		options = append(options, "-F", c.SSHConfig)
	}
	for _, p := range c.Ports {
		if slices.ContainsFunc(words, func(word string) bool { return bare(word) == bare(p.Host) }) {
			options = append(options, "-p", strconv.Itoa(p.Port))
		}
	}
	return options
}

// bare is a host without the user in front of it.
func bare(host string) string { return host[strings.LastIndexByte(host, '@')+1:] }

// typed is a word of an offered command; one that is the target's name, with whatever user, as the target was typed:
// with its port and its configuration.
func (c Call) typed(word string) string {
	switch {
	case c.Word == "" || c.Host == "" || bare(word) != bare(c.Host):
		return word
	case word == c.Host:
		return c.Word
	}
	behind, ok := strings.CutPrefix(c.Word, c.Host)
	if !ok { // a URL, or an address in brackets
		return word
	}
	return word + behind
}

// wayFlags say how a host is reached and what of it is meant, and nothing of what is brought there.
var wayFlags = []string{
	"--accept-new", "--ask-elevate-password", "--connect-timeout", "--elevate", "--profile-name", "--reconnect-timeout", "--ssh-config", "--sudo",
}

// Back are the words that take the target back to the generation before; empty: there is no target.
func (c Call) Back() string {
	if c.Word == "" {
		return ""
	}
	c.Action = "switch"
	return c.only(wayFlags...).again(Again("--rollback"))
}

// only is the call with these of its flags.
func (c Call) only(names ...string) Call {
	flags := slices.Clone(c.Flags)
	c.Flags = slices.DeleteFunc(flags, func(f Flag) bool { return !slices.Contains(names, f.Name) })
	c.Extra = nil
	return c
}

// again is this deployment once more.
func (c Call) again(r Remedy) string {
	onTarget := slices.Contains(r.words, "--build-host") && slices.Contains(r.words, "target")
	if c.Word == "" && (r.configuration != "" || onTarget) {
		return ""
	}
	words := []string{"nixhop", cmp.Or(c.Action, "switch")}
	if c.TargetHost && c.Word != "" {
		words = append(words, "--target-host")
	}
	switch {
	case r.configuration != "":
		words = append(words, c.Host+"="+r.configuration)
	case c.Word != "":
		words = append(words, c.Word)
	}
	words = slices.Concat(words, c.Several, c.repeated(r.words), r.words)
	if len(c.Extra) > 0 {
		words = append(append(words, "--"), c.Extra...)
	}
	return nixexec.ShellWords(words)
}

// anotherWay are the flags that say how a system for another platform is built: one that is offered takes the place
// of --cross and --emulate.
var anotherWay = [...]string{"--build-host", "--cross", "--emulate"}

// repeated are the words of the flags of this run that the offered ones leave standing.
func (c Call) repeated(offered []string) []string {
	names := make([]string, len(offered))
	for i, word := range offered {
		names[i], _, _ = strings.Cut(word, "=")
	}
	isOffered := func(name string) bool { return slices.Contains(names, name) }
	otherWay := slices.ContainsFunc(anotherWay[:], isOffered)
	var words []string
	for _, f := range c.Flags {
		if !isOffered(f.Name) && !(otherWay && slices.Contains(anotherWay[1:], f.Name)) {
			words = append(words, f.Words...)
		}
	}
	return words
}

// dressed is the line with what stands around the command.
func (r Remedy) dressed(line string) string {
	if r.before != "" {
		line = r.before + " " + line
	}
	if r.behind != "" {
		line += " " + r.behind
	}
	if r.note != "" {
		line += "   # " + r.note
	}
	return line
}

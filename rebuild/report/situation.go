package report

import (
	"strconv"
	"strings"

	"nixhop/nixexec"
)

// Phase is the part of a deployment that failed: an explanation belongs to some of them only, and the same text means
// another thing in another phase.
type Phase string

// The phases, in the order in which a deployment goes through them. PhaseAny is for a child that does several of them
// itself, as nixos-rebuild does.
const (
	PhaseConnect  Phase = "connect"
	PhaseEvaluate Phase = "evaluate"
	PhaseBuild    Phase = "build"
	PhaseCopy     Phase = "copy"
	PhaseActivate Phase = "activate"
	PhaseAny      Phase = "any"
)

// Situation is what this run knows about itself. Every explanation is put in its words; what is not known is left empty.
type Situation struct {
	Alias         string // the target as typed, and as ssh takes it
	User          string // who ssh logs in as there
	HostName      string // what ssh connects to for the alias: a name or an address
	Port          int    // of the target, 0 or 22 where it is the usual one
	Jump          string // ProxyJump on the way there
	BuildHost     string // as typed; empty for this machine
	Configuration string
	Flake         string
	Action        string // of nixos-rebuild; empty: switch
	Phase         Phase
	SudoUser      string // who runs nixhop under sudo, from SUDO_USER; else empty
	SudoWorks     bool   // sudo on the target was seen to work, or its password was verified

	// Local says whether a path, relative to the root of the tree that the flake stands in, exists here, tracked by git
	// or not. Without it nothing is said about files that the flake does not see.
	Local func(path string) bool
}

// Target is the host in a sentence.
func (s Situation) Target() string {
	if s.Alias == "" {
		return "the host"
	}
	return s.Alias
}

// Named is a host that a text names, in a sentence about it: the target under its alias, or what stands on the way there.
func (s Situation) Named(host string) string {
	third := !s.BuildsHere() && !s.BuildsOnTarget()
	switch {
	case host == "" || host == s.ItsHostName():
		return s.Target()
	case host == s.HostName || s.HostName == "" && s.Jump == "" && !third:
		return s.Target() + " (" + host + ")"
	case s.Jump != "" && !third:
		return host + ", on the way to " + s.Target() + ","
	}
	return host
}

// Login is the user in a sentence.
func (s Situation) Login() string {
	if s.User == "" {
		return "the login user"
	}
	return s.User
}

// BuildsOnTarget says that the build host is the target.
func (s Situation) BuildsOnTarget() bool {
	return s.BuildHost != "" && (s.BuildHost == "target" || s.BuildHost == s.Alias)
}

// BuildsHere says that this machine builds.
func (s Situation) BuildsHere() bool { return s.BuildHost == "" || s.BuildHost == "local" }

// Builder is the build host in a sentence.
func (s Situation) Builder() string {
	switch {
	case s.BuildsHere():
		return "this machine"
	case s.BuildsOnTarget():
		return s.Target()
	}
	return s.BuildHost
}

// Again is this deployment once more, with flags.
func (s Situation) Again(flags ...string) string {
	action := s.Action
	if action == "" {
		action = "switch"
	}
	return s.Nixhop(action, s.Alias, flags...)
}

// Nixhop is a command line of nixhop for this flake.
func (s Situation) Nixhop(action, host string, flags ...string) string {
	words := []string{"nixhop", action}
	if host != "" {
		words = append(words, host)
	}
	if s.Flake != "" && s.Flake != "." {
		words = append(words, "--flake", s.Flake)
	}
	return nixexec.ShellWords(append(words, flags...))
}

// AsRoot is this deployment once more, as root.
func (s Situation) AsRoot() string {
	action := s.Action
	if action == "" {
		action = "switch"
	}
	return s.Nixhop(action, "root@"+s.ItsHostName())
}

// hostName is the target as typed, without the user in front of it.
func (s Situation) ItsHostName() string { return s.Alias[strings.LastIndexByte(s.Alias, '@')+1:] }

// OnTarget is a command that runs on the target: two shells read it, the one here and the login shell there.
func (s Situation) OnTarget(words ...string) string { return OnHost(s.Target(), words...) }

// OnBuilder is a command that runs where it is built.
func (s Situation) OnBuilder(words ...string) string {
	switch {
	case s.BuildsHere():
		return nixexec.ShellWords(words)
	case s.BuildsOnTarget():
		return s.OnTarget(words...)
	}
	return OnHost(s.BuildHost, words...)
}

// OnHost is a command that runs on a host.
func OnHost(host string, words ...string) string {
	return "ssh " + nixexec.Quote(host) + " " + nixexec.Quote(nixexec.ShellWords(words))
}

// UserOption is a line of NixOS configuration for the user that ssh logs in as.
func (s Situation) UserOption(option string) string {
	return "users.users." + nixexec.Attribute(s.Login()) + "." + option
}

// FlakeDir is the flake without the name of a configuration.
func (s Situation) FlakeDir() string {
	if dir, _, _ := strings.Cut(s.Flake, "#"); dir != "" {
		return dir
	}
	return "."
}

// HostBlock is a block of ssh configuration for the alias.
func (s Situation) HostBlock(options ...string) []string {
	block := []string{"Host " + nixexec.Printable(s.ItsHostName())}
	for _, option := range options {
		block = append(block, "  "+option)
	}
	return block
}

// CountOf is a number of things in words: "1 unit", "3 units".
func CountOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

package explain

import (
	"cmp"
	"strings"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// Situation is what this run knows about itself. Every explanation is put in its words; what is not known is left
// empty.
type Situation struct {
	Alias         string // the target as typed, and as ssh takes it
	User          string // who ssh logs in as there
	Port          int    // of the target, 0 or 22 where it is the usual one
	BuildHost     string // as typed; empty for this machine
	Configuration string
	Flake         string
	Action        string // of nixos-rebuild; empty: switch
	Phase         report.Phase
	SudoUser      string // who runs nixhop under sudo, from SUDO_USER; else empty
	SudoWorks     bool   // sudo on the target was seen to work, or its password was verified

	// Local says whether a path, relative to the root of the tree that the flake stands in, exists here, tracked by
	// git or not. Without it nothing is said about files that the flake does not see.
	Local func(path string) bool

	// Submodule names the git submodule that such a path lies in, which the flake does not see; empty: in none.
	Submodule func(path string) string
}

// About is the situation of a run: what is known of it, which configuration it deploys, who ran sudo, and where it was
// started.
func About(k decision.Known, configuration, sudoUser, dir string) Situation {
	s := Situation{
		Configuration: configuration, Flake: k.Source.Flake, Action: k.Request.Action, SudoUser: sudoUser,
		Local:     func(path string) bool { return k.Source.Holds(path, dir) },
		Submodule: func(path string) string { return k.Source.Submodule(path, dir) },
	}
	if !k.Source.Form.IsNone() {
		s.Configuration = "" // a node's stands at no place that a command could name
	}
	if k.Target != nil {
		s.Alias = k.Target.Host.String()
	}
	if k.Machine != nil {
		s.User, s.Port = k.Machine.Endpoint.User, k.Machine.Endpoint.Port
	}
	switch {
	case k.Place.Target:
		s.BuildHost = "target"
	case k.Builder != nil:
		s.BuildHost = k.Builder.Host.String()
	}
	if k.On != nil {
		s.SudoWorks = k.On.Elevate.SudoFree == facts.Yes
	}
	return s
}

// Target is the host in a sentence.
func (s Situation) Target() string {
	if s.Alias == "" {
		return "the host"
	}
	return s.Alias
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
func (s Situation) Again(flags ...string) report.Remedy {
	return report.Again(append(s.flakeFlag(), flags...)...)
}

// Nixhop is another action of nixhop for a host, with this flake.
func (s Situation) Nixhop(action, host string) report.Remedy {
	words := []string{action}
	if host != "" {
		words = append(words, host)
	}
	return report.Nixhop(append(words, s.flakeFlag()...)...)
}

// flakeFlag names the flake where it is another one than the usual.
func (s Situation) flakeFlag() []string {
	if s.Flake == "" || s.Flake == "." {
		return nil
	}
	return []string{"--flake", s.Flake}
}

// AsRoot is this deployment once more, as root.
func (s Situation) AsRoot() report.Remedy {
	root := "root@" + s.hostName()
	switch s.Alias {
	case "":
		return report.Remedy{}
	case root:
		return s.Again()
	}
	return s.Nixhop(cmp.Or(s.Action, "switch"), root)
}

// hostName is the target as typed, without the user in front of it.
func (s Situation) hostName() string { return s.Alias[strings.LastIndexByte(s.Alias, '@')+1:] }

// OnTarget is a command that runs on the target.
func (s Situation) OnTarget(words ...string) report.Remedy { return report.On(s.Alias, words...) }

// OnBuilder is a command that runs where it is built.
func (s Situation) OnBuilder(words ...string) report.Remedy {
	switch {
	case s.BuildsHere():
		return report.Shell(words...)
	case s.BuildsOnTarget():
		return s.OnTarget(words...)
	}
	return report.On(s.BuildHost, words...)
}

// FlakeDir is the flake without the name of a configuration.
func (s Situation) FlakeDir() string {
	if dir, _, _ := strings.Cut(s.Flake, "#"); dir != "" {
		return dir
	}
	return "."
}

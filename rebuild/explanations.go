package rebuild

import (
	"fmt"
	"strconv"
	"strings"

	"nixhop/nixexec"
)

// The words that every explanation is made of. They name this alias, this user and this build host, and make commands that can
// be pasted: each word of them is quoted, because some of them come from the output of a host.

// target is the host in a sentence.
func (s Situation) target() string {
	if s.Alias == "" {
		return "the host"
	}
	return s.Alias
}

// named is a host that a text names, in a sentence about it: the target under its alias, or what stands on the way there.
func (s Situation) named(host string) string {
	third := !s.buildsHere() && !s.buildsOnTarget()
	switch {
	case host == "" || host == s.hostName():
		return s.target()
	case host == s.HostName || s.HostName == "" && s.Jump == "" && !third:
		return s.target() + " (" + host + ")"
	case s.Jump != "" && !third:
		return host + ", on the way to " + s.target() + ","
	}
	return host
}

// login is the user in a sentence.
func (s Situation) login() string {
	if s.User == "" {
		return "the login user"
	}
	return s.User
}

// buildsOnTarget says that the build host is the target.
func (s Situation) buildsOnTarget() bool {
	return s.BuildHost != "" && (s.BuildHost == "target" || s.BuildHost == s.Alias)
}

// buildsHere says that this machine builds.
func (s Situation) buildsHere() bool { return s.BuildHost == "" || s.BuildHost == "local" }

// builder is the build host in a sentence.
func (s Situation) builder() string {
	switch {
	case s.buildsHere():
		return "this machine"
	case s.buildsOnTarget():
		return s.target()
	}
	return s.BuildHost
}

// again is this deployment once more, with flags.
func (s Situation) again(flags ...string) string {
	action := s.Action
	if action == "" {
		action = "switch"
	}
	return s.nixhop(action, s.Alias, flags...)
}

// nixhop is a command line of nixhop for this flake.
func (s Situation) nixhop(action, host string, flags ...string) string {
	words := []string{"nixhop", action}
	if host != "" {
		words = append(words, host)
	}
	if s.Flake != "" && s.Flake != "." {
		words = append(words, "--flake", s.Flake)
	}
	return shellWords(append(words, flags...))
}

// asRoot is this deployment once more, as root.
func (s Situation) asRoot() string {
	action := s.Action
	if action == "" {
		action = "switch"
	}
	return s.nixhop(action, "root@"+s.hostName())
}

// hostName is the target as typed, without the user in front of it.
func (s Situation) hostName() string { return s.Alias[strings.LastIndexByte(s.Alias, '@')+1:] }

// onTarget is a command that runs on the target: two shells read it, the one here and the login shell there.
func (s Situation) onTarget(words ...string) string { return onHost(s.target(), words...) }

// onBuilder is a command that runs where it is built.
func (s Situation) onBuilder(words ...string) string {
	switch {
	case s.buildsHere():
		return shellWords(words)
	case s.buildsOnTarget():
		return s.onTarget(words...)
	}
	return onHost(s.BuildHost, words...)
}

// onHost is a command that runs on a host.
func onHost(host string, words ...string) string {
	return "ssh " + nixexec.Quote(host) + " " + nixexec.Quote(shellWords(words))
}

// shellWords is a command line of a POSIX shell.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = nixexec.Quote(printable(word))
	}
	return strings.Join(quoted, " ")
}

// nixString is a text as a string of the Nix language.
func nixString(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `\${`).Replace(printable(text)) + `"`
}

// attribute is a name as one component of an attribute path.
func attribute(name string) string {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return nixString(name)
	}
	return name
}

// userOption is a line of NixOS configuration for the user that ssh logs in as.
func (s Situation) userOption(option string) string {
	return "users.users." + attribute(s.login()) + "." + option
}

// flakeDir is the flake without the name of a configuration.
func (s Situation) flakeDir() string {
	if dir, _, _ := strings.Cut(s.Flake, "#"); dir != "" {
		return dir
	}
	return "."
}

// hostBlock is a block of ssh configuration for the alias.
func (s Situation) hostBlock(options ...string) []string {
	block := []string{"Host " + printable(s.hostName())}
	for _, option := range options {
		block = append(block, "  "+option)
	}
	return block
}

// derivationName is the readable part of a derivation's path: "hello-2.12" of "/nix/store/…-hello-2.12.drv".
func derivationName(path string) string {
	name := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".drv")
	if _, readable, found := strings.Cut(name, "-"); found {
		return readable
	}
	if name == "" {
		return "a build"
	}
	return name
}

// countOf is a number of things in words: "1 unit", "3 units".
func countOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// meaning is fmt.Sprintf under a shorter name for the many sentences of the table.
func meaning(format string, values ...any) string { return fmt.Sprintf(format, values...) }

// harmlessRows are texts that stand in the output of deployments that work, too. They are never the reason.
func harmlessRows() []explanationRow {
	return []explanationRow{
		{
			id: "git-dirty", harmless: true,
			needles: []string{"warning: Git tree '"},
			pattern: `warning: Git tree '(.*)' is dirty`,
		},
		{
			id: "sqlite-busy", harmless: true,
			needles: []string{"SQLite database '"},
			pattern: `(?:error \(ignored\)|warning): (?:error: )?SQLite database .* is busy`,
		},
	}
}

package plan

import (
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Machine is a host that takes part in a deployment, and how it is reached. A nil *Machine is this machine.
type Machine struct {
	Host     sshcfg.Host           // as it goes to ssh, nix and nixos-rebuild
	Endpoint sshcfg.Endpoint       // what ssh makes of that
	Elevate  []string              // what stands in front of a command that needs root: empty when the login is root
	Master   nixexec.MasterOptions // its one connection
}

// StoreURL is the host as `nix copy` takes it. An IPv6 address stands in brackets, its zone's '%' is escaped (nix store URLs, RFC 6874).
func (m *Machine) StoreURL() string { return "ssh://" + m.Host.Authority() }

// Job is a deployment in which everything is decided: a plan is a pure function of it.
type Job struct {
	Request       request.Request
	Source        source.Source
	Configuration string
	Dir           string       // of the connections' sockets and of what else lives as long as the run
	Target        *Machine     // nil: activation happens here, or not at all
	Build         *Machine     // nil: built here
	Between       *sshcfg.Host // how the build host reaches the target itself; nil: what it builds goes through this machine
	Dialect       *Dialect     // the nixos-rebuild to run; nil: nixhop takes the steps itself
	SSHOpts       string       // NIX_SSHOPTS for nix and nixos-rebuild
	TmpDir        string       // TMPDIR for them; empty: as it is
	Cross         string       // the platform that the system is built on, where that is forced; empty: what the configuration says
	System        string       // builtins.currentSystem for the evaluation; empty: this machine's
	Emulate       string       // a system that the build host is told to build for, too
	Password      bool         // sudo on the target wants one
	Terminal      bool         // progress can be shown
	LocalElevate  []string     // in front of what needs root on this machine

	NoPreSwitchCheck bool // NIXOS_NO_CHECK=1 was set here: it must cross ssh to have its effect (nixos-anywhere#478)
}

// SameHost reports whether the system is built where it is activated, so that nothing is copied.
func (j Job) SameHost() bool { return j.Build == j.Target }

// Step is one command of a plan.
type Step struct {
	Name    string // "evaluate", "build", "copy", "link", "activate" or "nixos-rebuild"
	Where   string // host, for people; empty: here
	Command nixexec.Command
	Result  string // the variable that takes what the command prints on standard output
	Secret  bool   // the password goes to its standard input first, in a line of its own, then scriptMark
	Note    string // a comment in front of it, where it is printed
	Quiet   bool   // what it prints on standard output is no result of nixhop's and dropped
}

// Plan is what a deployment does, in order. What Script prints is what runs.
type Plan struct {
	Dir     string                  // is there while the plan runs
	Files   []File                  // in it, written before anything runs
	Masters []nixexec.MasterOptions // connections that are opened first and closed last
	Steps   []Step
}

// File is a small file of the plan's directory: the ssh config of the run, where it needs one.
type File struct{ Path, Text string }

// A word of a Step's command that is the result of an earlier step. No argument of a program can hold a NUL, so these
// can never be meant otherwise.
const (
	ToplevelWord   = "\x00toplevel"
	DerivationWord = "\x00derivation"
)

// MakePlan turns a job into the commands that do it: nixos-rebuild's one, or the steps by nix and ssh.
func MakePlan(j Job) (Plan, error) {
	steps := Plan{Dir: j.Dir}
	if j.Target != nil {
		steps.Masters = append(steps.Masters, j.Target.Master)
	}
	if j.Build != nil && !j.SameHost() {
		steps.Masters = append(steps.Masters, j.Build.Master)
	}
	var err error
	if j.Dialect != nil {
		steps.Steps, err = rebuildSteps(j)
	} else {
		steps.Steps, err = nativeSteps(j)
	}
	return steps, err
}

// Script prints the plan as a script for a POSIX shell that does the same when it is pasted.
func (p Plan) Script() string {
	var b strings.Builder
	used := p.usesDir()
	if used {
		b.WriteString(nixexec.Command{Argv: []string{"mkdir", "-m", "700", p.Dir}}.String() + "\n")
	}
	for _, f := range p.Files {
		b.WriteString(nixexec.Command{Argv: []string{"tee", f.Path}, Stdin: f.Text}.String() + "\n")
	}
	for _, m := range p.Masters {
		b.WriteString(nixexec.Command{Argv: nixexec.MasterArgv(m)}.String() + "\n")
	}
	grouped := false
	for _, s := range p.Steps {
		// Where a shell reads this text from its standard input, nixos-rebuild would read what follows it there: a group is read first.
		if s.Name == "nixos-rebuild" && used {
			grouped = true
			b.WriteString("{\n")
		}
		if s.Note != "" {
			b.WriteString("# " + s.Note + "\n")
		}
		line := expandable.Replace(s.Command.String())
		if s.Secret {
			line = expandable.Replace(secretLine(s.Command))
		}
		if s.Result != "" {
			line = s.Result + "=$(" + closable(line) + ")"
		}
		if s.Quiet {
			line += " >/dev/null"
		}
		b.WriteString(line + "\n")
	}
	for _, m := range p.Masters {
		b.WriteString(nixexec.Command{Argv: nixexec.ExitArgv(m)}.String() + "\n")
	}
	if used {
		// -f: a master that is asked to exit may remove its socket while rm does.
		b.WriteString(nixexec.Command{Argv: []string{"rm", "-rf", p.Dir}}.String() + "\n")
	}
	if grouped {
		b.WriteString("}\n")
	}
	return b.String()
}

// secretLine is a command whose standard input begins with a password, which the shell that it is pasted into asks for.
func secretLine(c nixexec.Command) string {
	ask := "printf 'password: ' >/dev/tty; stty -echo </dev/tty; IFS= read -r password </dev/tty; stty echo </dev/tty"
	script := nixexec.Command{Argv: []string{"cat"}, Stdin: ScriptMark + "\n" + c.Stdin}.String()
	c.Stdin = ""
	return ask + "\n{ printf '%s\\n' \"$password\"\n" + script + "\n} | " + c.String()
}

// usesDir reports whether any command names the plan's directory.
func (p Plan) usesDir() bool {
	for _, s := range p.Steps {
		for _, word := range s.Command.Argv {
			if strings.HasPrefix(word, p.Dir+"/") {
				return true
			}
		}
	}
	return len(p.Masters)+len(p.Files) > 0
}

// expandable turns the quoted result words into the shell's variables.
var expandable = strings.NewReplacer(
	nixexec.Quote(ToplevelWord), `"$toplevel"`,
	nixexec.Quote(DerivationWord), `"$derivation"`,
)

// closable ends a command with a here-document in a line of its own, so that a parenthesis may follow.
func closable(command string) string {
	if strings.Contains(command, "\n") {
		return command + "\n"
	}
	return command
}

// Needs reports whether a later command takes the result.
func (p Plan) Needs(result string) bool {
	for _, step := range p.Steps {
		for _, w := range step.Command.Argv {
			if w == "\x00"+result {
				return true
			}
		}
	}
	return false
}

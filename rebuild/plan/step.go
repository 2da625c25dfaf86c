// Package plan makes the commands of a deployment in which everything is decided, for both engines, as pure functions:
// the steps with the scripts that they send to hosts, and the text in which they are printed. What is printed (--plan)
// is what runs.
//
// What is done, by whom and by which way to root is not settled here but by the decision. Nothing here looks at a host
// or at this machine, or runs a program.
package plan

import (
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
)

// Step is one command of a plan.
type Step struct {
	Name     string // "evaluate", "build", "copy", "link", "activate", "prove", "reboot", "keep" or "nixos-rebuild"
	Where    string // host, for people; empty: here
	Command  nixexec.Command
	Else     *nixexec.Command // does the same in another way where Command fails; nil: there is none
	Optional bool             // the plan goes on where it fails
	Text     string           // the name of the long text that the command is given, "activate.sh"; empty: there is none
	Result   string           // the variable that takes what the command prints on standard output
	Secret   bool             // the password goes to its standard input first, in a line of its own, then ScriptMark
	Note     string           // a comment in front of it, where it is printed
	Builds   bool             // it builds, and is slow
	Shown    bool             // by nix-output-monitor: what it says on standard error is in the format of that
	Quiet    bool             // what it prints on standard output is no result of nixhop's and dropped
}

// DerivationWord is a word of a Step's command that is the result of an earlier step, as decision.ToplevelWord is.
const DerivationWord = "\x00derivation"

// Results are what earlier steps have told: store paths, by the name of the variable.
type Results map[string]string

// Fill is the step with the results in place of the words that stand for them.
func (s Step) Fill(r Results) Step {
	s.Command.Argv = r.fill(s.Command.Argv)
	if s.Else != nil {
		other := *s.Else
		other.Argv = r.fill(other.Argv)
		s.Else = &other
	}
	return s
}

func (r Results) fill(argv []string) []string {
	filled := make([]string, len(argv))
	for i, word := range argv {
		if name, found := strings.CutPrefix(word, "\x00"); found {
			word = r[name]
		}
		filled[i] = word
	}
	return filled
}

// Plan is what a deployment does, in order. What Script prints is what runs.
type Plan struct {
	Dir     string              // is there while the plan runs
	Unknown []string            // what a look at the hosts may change, in sentences
	Notes   []string            // what is done beside the commands, in sentences
	Files   []File              // in Dir, written before anything runs
	Masters []ssh.MasterOptions // connections that are opened first and closed last
	Env     []string            // of the steps that have it
	Steps   []Step
	Listens bool // a step is there to be talked to: it has standard input, whatever that is
}

// File is a small file of the plan's directory: the ssh config of the run, where it needs one.
type File struct{ Path, Text string }

// Make turns a job into the commands that do it: nixos-rebuild's one, or the steps by nix and ssh.
func Make(j Job) (Plan, error) {
	p := Plan{Dir: j.Dir, Env: j.Environment(), Listens: request.Converses(j.Request)}
	if j.Target != nil {
		p.Masters = append(p.Masters, j.Target.Master)
	}
	if j.Build != nil && !j.SameHost() {
		p.Masters = append(p.Masters, j.Build.Master)
	}
	if j.Dialect != nil {
		var err error
		p.Steps, err = Whole(j)
		p.Steps = append(p.Steps, reboots(j, false)...)
		return p, err
	}
	if err := decision.Refusal(j.Request); err != nil {
		return Plan{}, err
	}
	if j.Request.Evaluates() {
		p.Steps = append(p.Steps, Evaluate(j))
	}
	p.Steps = append(append(p.Steps, Build(j)...), Copy(j)...)
	if step, ok := Activate(j); ok {
		p.Steps = append(p.Steps, step)
	}
	if step, ok := j.proof(); ok {
		p.Steps = append(p.Steps, step)
	}
	p.Steps = append(p.Steps, reboots(j, !j.Request.Back())...)
	if path := j.Request.Value("--store-path"); path != "" {
		for i := range p.Steps {
			p.Steps[i] = p.Steps[i].Fill(Results{"toplevel": path})
		}
	}
	return p, nil
}

// Needs reports whether one of the steps takes the result of an earlier one.
func Needs(steps []Step, result string) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return slices.Contains(s.Command.Argv, "\x00"+result) })
}

// Package remote does on hosts what was decided: it runs the steps of a plan over their connections, proves an
// activation that stands under a guard, and reads what came of one. Nothing here decides what a deployment is, and
// nothing is printed but what the one foreground child of a run prints itself.
package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/nixlog"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/rollout"
)

// StepError says which step of a deployment failed, and keeps the child's error.
type StepError struct {
	Step plan.Step
	Err  error
}

// Error names the step.
func (e *StepError) Error() string {
	if e.Step.Where != "" {
		return fmt.Sprintf("%s on %q: %v", e.Step.Name, e.Step.Where, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Step.Name, e.Err)
}

// Unwrap returns the child's error.
func (e *StepError) Unwrap() error { return e.Err }

// Performer takes the steps of a plan for one host, and says what came of them.
type Performer struct {
	Host     string   // as typed
	Job      plan.Job // whose steps these are
	Call     report.Call
	Alone    bool // the terminal is the step's: it runs in the foreground
	Along    bool // what it prints is read along also where it goes to no terminal
	Stdio    nixexec.Stdio
	Say      report.Sink
	Started  string         // the mark of the nixos-rebuilds that this nixhop was started by
	Password nixexec.Secret // for a step that wants one

	armed *armed // the guard of a nixos-rebuild; nil: there is none

	Link, BuildLink *connection.Link // to the target and to the build host; nil: this machine, or there is none
	Somebody        bool             // can be asked where a connection must be opened anew
	Query           facts.Query      // what the target is asked
	Before          facts.Host       // what it told before
	Teller          explain.Teller
	Reconnects      func()         // is called before one of them is made anew, which may take long; nil: nobody wants to know
	Health          rollout.Health // that an activation under a guard is proved by, too
}

// Keep sees to it that a step reaches the machines that were checked, and none in their place: a connection that was
// lost while it was not used is made anew. The errors are those of Link.Keep.
func (p Performer) Keep(ctx context.Context, step string) error {
	for i, link := range []*connection.Link{p.Link, p.BuildLink} {
		if link == nil || i == 1 && link == p.Link {
			continue
		}
		name := link.Machine.Host.Name
		err := link.Keep(ctx, p.Somebody, func() {
			p.Say.Warn("the connection to " + name + " was lost; connecting again before the " + step)
			if p.Reconnects != nil {
				p.Reconnects()
			}
		})
		if err == nil {
			continue
		}
		if nixexec.Interrupted(err) || context.Cause(ctx) != nil {
			return cmp.Or(context.Cause(ctx), err)
		}
		p.nothing("the " + step + " was not begun")
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Failed says that nothing was activated, for a step before that has failed. One that the user has stopped is ended on
// the build host, too.
func (p Performer) Failed(e *StepError, results plan.Results) {
	how := "failed"
	if nixexec.Interrupted(e) {
		EndThere(p.Job, e.Step.Name, results, p.Call, p.Say.Warn)
		how = "was stopped"
	}
	p.nothing("the " + e.Step.Name + " " + how)
}

// FailedThere reports whether a third build host's own copy failed, and neither the connection to it nor the user is
// why: the way through here is left.
func FailedThere(err error) bool {
	var exit *nixexec.ExitError
	return errors.As(err, &exit) && exit.Code != ssh.Failed && !nixexec.Interrupted(err)
}

// TakeAll takes steps one after another. What they tell is added to results; a step whose result is known already is
// not taken again. The error is a *StepError; heard is what the last step has printed.
func (p Performer) TakeAll(ctx context.Context, steps []plan.Step, results plan.Results) (heard *Heard, err error) {
	for i, step := range steps {
		if results[step.Result] != "" {
			continue
		}
		var out string
		out, heard, err = p.Take(ctx, step, results)
		if err != nil && step.Else != nil && p.fallsBack(ctx, heard, err) {
			p.Say.Warn("copying in one stream failed; copying path by path")
			step.Text, step.Command = "", *step.Else
			out, heard, err = p.Take(ctx, step, results)
		}
		if err != nil && step.Optional && FailedThere(err) && ctx.Err() == nil {
			p.Say.Info("nixos-rebuild copies by itself")
			continue
		}
		if step.Result != "" && err == nil {
			results[step.Result], err = pathOf(step, out, steps[i+1:])
		}
		if err != nil {
			return heard, &StepError{step, err}
		}
	}
	return heard, nil
}

// fallsBack reports whether a step that failed is worth another way: neither the user nor a lost connection has ended
// it, and what it printed names no reason that is none of the way's.
func (p Performer) fallsBack(ctx context.Context, heard *Heard, err error) bool {
	if !FailedThere(err) || ctx.Err() != nil || len(explain.Explain(heard.Bytes(), explain.Situation{Phase: heard.Phase()})) > 0 {
		return false
	}
	alive := func(l *connection.Link) bool { return l == nil || l.Alive(ctx) }
	return alive(p.Link) && alive(p.BuildLink)
}

// pathOf is what a step has told: a store path, unless nothing needs it.
func pathOf(step plan.Step, out string, later []plan.Step) (string, error) {
	path := strings.TrimSpace(nixexec.LastLine(out))
	if !nixexec.StorePath.MatchString(path) && plan.Needs(later, step.Result) {
		return out, fmt.Errorf("it printed no store path but %q", nixexec.Printable(path))
	}
	return path, nil
}

// Take takes a step: in the foreground, where there is one host, else beside the others, and then each line that it
// prints is an event. It returns what the step prints where that is a result. The errors are those of nixexec.Run.
func (p Performer) Take(ctx context.Context, step plan.Step, results plan.Results) (out string, heard *Heard, err error) {
	heard = &Heard{step: step, ring: nixexec.NewRing(heardLimit)}
	if err := context.Cause(ctx); err != nil {
		return "", heard, err
	}
	command := step.Fill(results).Command
	p.Say(report.Event{Host: p.Host, Kind: report.Ran, Text: nixexec.Command{Argv: command.Argv, Env: command.Env}.String()})
	if step.Name == plan.WholeStep {
		command.Env = append(slices.Clip(command.Env), decision.Started(command.Argv[0], p.Started))
	}
	if step.Secret {
		command.Secret, command.Stdin = p.Password, decision.ScriptMark+"\n"+command.Stdin
	}
	if !p.Alone {
		out, err = p.beside(ctx, step, command, heard)
		return out, heard, err
	}
	stdio, stream := p.Stdio, heard.ring.Stream()
	if step.Quiet {
		stdio.Out = nil
	}
	if p.unshown(step); step.Shown {
		out, err = nixlog.Monitored(ctx, command, stdio, func(line string) { _, _ = stream.Write([]byte(line)) })
		return out, heard, err
	}
	err = nixexec.ReadAlong(ctx, stdio, stream, p.Along, func(stdio nixexec.Stdio) error {
		if step.Result == "" {
			return nixexec.Run(ctx, command, stdio)
		}
		var err error
		out, err = nixexec.Capture(ctx, command, stdio)
		return err
	})
	return out, heard, err
}

// unshown says why nix-output-monitor does not show a build that it was to show.
func (p Performer) unshown(step plan.Step) {
	switch {
	case !step.Builds || step.Shown || !p.Job.Request.Has("--nom"):
	case !p.Job.Terminal:
		p.Say.Warn("nom does not show the build: there is no terminal")
	default:
		p.Say.Warn("nom does not show the build: the Nix of " + step.Where + " is too old for it")
	}
}

// beside takes a step without a terminal.
func (p Performer) beside(ctx context.Context, step plan.Step, command nixexec.Command, heard *Heard) (string, error) {
	stream := heard.ring.Stream()
	printed := func(text []byte) { p.Say.Output(string(text)) }
	out, err := nixexec.OutputLines(ctx, command, func(line string) bool {
		_, _ = stream.Write([]byte(line + "\n"))
		return true
	}, printed)
	if step.Result == "" && !step.Quiet && len(out) > 0 {
		printed(out)
	}
	return string(out), err
}

// heardLimit is how much is kept of what a step prints, in bytes.
const heardLimit = 1 << 20

// Heard is the end of what a step has printed, so that a failure can be explained from it.
type Heard struct {
	step plan.Step
	ring *nixexec.Ring
}

// HeardOf is what a step has said that was not taken here: an evaluation, or a build for several hosts.
func HeardOf(step string, said []byte) *Heard {
	heard := &Heard{step: plan.Step{Name: step}, ring: nixexec.NewRing(heardLimit)}
	_, _ = heard.ring.Stream().Write(said)
	return heard
}

// Phase is how far the step had come.
func (h *Heard) Phase() report.Phase { return explain.PhaseOf(h.step, h.ring.Bytes()) }

// Bytes is what was printed.
func (h *Heard) Bytes() []byte { return h.ring.Bytes() }

// MidLine reports whether the child has left the cursor behind a text: a progress bar does.
func (h *Heard) MidLine() bool { return explain.Plain(h.ring.Rest()) != "" }

// Explain says what the failure of a step means, in a situation, behind the child's own words. What is said otherwise
// is left out, by its id, and so is a connection that was lost while a nixos-rebuild activated: the host tells what
// came of that. It returns the most specific explanation, and whether that was said.
func (h *Heard) Explain(s explain.Situation, err error, say report.Sink, call report.Call, host string, otherwise []string) (explain.Explanation, bool) {
	s.Phase = h.Phase()
	said := explain.Failure(h.Bytes(), err, s)
	if len(said) == 0 {
		return explain.Explanation{}, false
	}
	if h.step.Name == plan.WholeStep && s.Phase == report.PhaseActivate && (said[0].ID == "ssh-lost" || said[0].Status == ssh.Failed) {
		return said[0], false
	}
	if h.MidLine() {
		say.Output("\n")
	}
	for _, f := range explain.Findings(said, host, otherwise...) {
		say.Find(f, call)
	}
	return said[0], true
}

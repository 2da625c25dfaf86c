package rebuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/source"
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

// takeAll takes steps one after another. What they tell is added to results; a step whose result is known already is not taken again. The error is
// a *StepError; heard is what the last step has printed.
func (r *Run) takeAll(ctx context.Context, c Checked, steps []plan.Step, results plan.Results) (heard *ear, err error) {
	for i, step := range steps {
		if results[step.Result] != "" {
			continue
		}
		var out string
		out, heard, err = r.take(ctx, c, step, results)
		if step.Result != "" && err == nil {
			results[step.Result], err = pathOf(step, out, steps[i+1:])
		}
		if err != nil {
			return heard, &StepError{step, err}
		}
	}
	return heard, nil
}

// pathOf is what a step has told: a store path, unless nothing needs it.
func pathOf(step plan.Step, out string, later []plan.Step) (string, error) {
	path := strings.TrimSpace(nixexec.LastLine(out))
	if !nixexec.StorePath.MatchString(path) && plan.Needs(later, step.Result) {
		return out, fmt.Errorf("it printed no store path but %q", nixexec.Printable(path))
	}
	return path, nil
}

// take takes a step: in the foreground, where there is one host, else beside the others, and then each line that it prints is an event.
func (r *Run) take(ctx context.Context, c Checked, step plan.Step, results plan.Results) (out string, heard *ear, err error) {
	heard = &ear{step: step, ring: nixexec.NewRing(heardLimit)}
	if err := context.Cause(ctx); err != nil {
		return "", heard, err
	}
	command := step.Fill(results).Command
	r.debug(command)
	if step.Secret {
		command.Secret, command.Stdin = c.Password, plan.ScriptMark+"\n"+command.Stdin
	}
	if !r.alone {
		out, err = r.takeBeside(ctx, c, step, command, heard)
		return out, heard, err
	}
	stdio := r.Stdio
	if step.Quiet {
		stdio.Out = nil
	}
	err = nixexec.ReadAlong(stdio, heard.ring.Stream(), c.Request.Has("--explain"), func(stdio nixexec.Stdio) error {
		if step.Result == "" {
			return nixexec.Run(ctx, command, stdio)
		}
		var err error
		out, err = nixexec.Capture(ctx, command, stdio)
		return err
	})
	return out, heard, err
}

// takeBeside takes a step without a terminal.
func (r *Run) takeBeside(ctx context.Context, c Checked, step plan.Step, command nixexec.Command, heard *ear) (string, error) {
	stream := heard.ring.Stream()
	printed := func(text []byte) { r.Say(report.Event{Host: c.Name(), Kind: report.Output, Text: string(text)}) }
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

// ear keeps the end of what a step prints, so that a failure can be explained from it.
type ear struct {
	step plan.Step
	ring *nixexec.Ring
}

func (e *ear) phase() report.Phase { return explain.PhaseOf(e.step, e.ring.Bytes()) }

// midLine reports whether the child has left the cursor behind a text: a progress bar does.
func (e *ear) midLine() bool {
	output := e.ring.Bytes()
	return explain.Plain(output[bytes.LastIndexAny(output, "\r\n")+1:]) != ""
}

// evaluationEar is what an evaluation has said.
func evaluationEar(e *source.Evaluation) *ear {
	heard := &ear{step: plan.Step{Name: "evaluate"}, ring: nixexec.NewRing(heardLimit)}
	_, _ = heard.ring.Stream().Write(e.Heard())
	return heard
}

// stepFailed says what the failure of a step before the activation means, and what was not changed.
func (r *Run) stepFailed(c Checked, heard *ear, results plan.Results, err error) error {
	var failed *StepError
	if !errors.As(err, &failed) {
		return err
	}
	_ = r.explain(c.Told, heard, failed)
	r.endThere(c, failed, results)
	if c.needsRoot() {
		how := "failed"
		if nixexec.Interrupted(failed) {
			how = "was stopped"
		}
		r.fail("nothing was activated " + c.where() + ": the " + failed.Step.Name + " " + how)
	}
	return failed
}

// endTime bounds how long the end of what runs on another host is waited for.
const endTime = 5 * time.Second

// endThere ends the build or the copy on the build host when the user has ended the run. It is done even though the run's context is over.
func (r *Run) endThere(c Checked, failed *StepError, results plan.Results) {
	if !nixexec.Interrupted(failed) {
		return
	}
	command, runs := plan.EndCommand(r.job(c), failed.Step.Name, results)
	if !runs {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if _, err := nixexec.Output(ctx, command); err != nil {
		r.warn("the " + failed.Step.Name + " may go on, on " + c.Builder.Host.Name + "; to end it: " + command.String())
	}
}

// failedThere reports whether a third build host's own copy failed, and neither the connection to it nor the user is why: the way through here is left.
func failedThere(err error) bool {
	var exit *nixexec.ExitError
	return errors.As(err, &exit) && exit.Code != nixexec.SSHFailed && !nixexec.Interrupted(err)
}

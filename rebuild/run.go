package rebuild

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
)

// runPlan runs the steps in the foreground, one after another, and returns what the results hold. A failure names the step.
// A step whose result is known already is not run again, and none is run once background is over: Ctrl-C may come between two. What the
// children print, heard reads along.
func (s *Session) runPlan(ctx, background context.Context, p plan.Plan, known map[string]string, password nixexec.Secret, heard *hearing) (map[string]string, error) {
	results := maps.Clone(known)
	for _, step := range p.Steps {
		if results[step.Result] != "" {
			continue
		}
		if err := context.Cause(background); err != nil {
			return results, &stepError{Step: step, Err: err}
		}
		command := step.Command
		command.Argv = plan.ReplaceWord(command.Argv, plan.ToplevelWord, results["toplevel"])
		command.Argv = plan.ReplaceWord(command.Argv, plan.DerivationWord, results["derivation"])
		s.Log.Debug("+ " + nixexec.Command{Argv: command.Argv, Env: command.Env}.String())
		if step.Secret {
			command.Secret = password
			command.Stdin = plan.ScriptMark + "\n" + command.Stdin
		}
		out, err := s.runStep(ctx, step, command, heard)
		if step.Result != "" {
			results[step.Result] = out
		}
		if err != nil {
			return results, &stepError{Step: step, Err: err}
		}
		if step.Result == "toplevel" || step.Result == "derivation" {
			path := strings.TrimSpace(nixexec.LastLine(out))
			if !nixexec.StorePath.MatchString(path) && p.Needs(step.Result) {
				return results, &stepError{Step: step, Err: fmt.Errorf("it printed no store path but %q", nixexec.Printable(path))}
			}
			results[step.Result] = path
		}
	}
	return results, nil
}

// runStep runs the command of a step, and returns what it printed where that is a result.
func (s *Session) runStep(ctx context.Context, step plan.Step, command nixexec.Command, heard *hearing) (out string, err error) {
	stdio := s.Stdio
	if step.Quiet {
		stdio.Out = nil
	}
	err = heard.follow(step, stdio, func(stdio nixexec.Stdio) error {
		if step.Result == "" {
			return nixexec.Run(ctx, command, stdio)
		}
		var err error
		out, err = nixexec.Capture(ctx, command, stdio)
		return err
	})
	return out, err
}

// stepError says which step failed, and keeps the child's error, whose status is nixhop's.
type stepError struct {
	Step plan.Step
	Err  error
}

func (e *stepError) Error() string {
	if e.Step.Where != "" {
		return fmt.Sprintf("%s on %q: %v", e.Step.Name, e.Step.Where, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Step.Name, e.Err)
}

func (e *stepError) Unwrap() error { return e.Err }

// spoken is the error without the name of its step where the child itself has said what is to be said. An outcome has its own words.
func spoken(err error) error {
	var outcome *StatusError
	var step *stepError
	if errors.As(err, &outcome) || !errors.As(err, &step) {
		return err
	}
	var exit *nixexec.ExitError
	if errors.As(step.Err, &exit) || nixexec.Interrupted(step.Err) {
		return step.Err
	}
	return err
}

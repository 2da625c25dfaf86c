package rebuild

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Deploy does what the request asks for, for one host: it checks, builds, copies and activates, or has nixos-rebuild do so.
// The error says how the exit status is to be (see ExitStatuses); a child's own words are on standard error already.
func (s *Session) Deploy(ctx context.Context, r request.Request) error {
	background, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv := s.inventory(r)
	target, err := oneTarget(r, inv)
	if err != nil {
		return err
	}
	s.warnSudo(r)
	if r.Action == "list-generations" {
		return s.listGenerations(ctx, background, r, inv, target)
	}
	d, err := s.newDeployment(background, r, inv, target, nil)
	if err != nil {
		return err
	}
	defer d.net.close()
	if r.Plan {
		return d.printPlan(ctx, background)
	}
	release, err := d.lock(background)
	if err != nil {
		return err
	}
	defer release()
	if err := d.look(ctx, background); err != nil {
		return err
	}
	return d.execute(ctx, background)
}

// oneTarget is the only target of the request, or nil where it has none: hosts are deployed one at a time.
func oneTarget(r request.Request, inv sshcfg.Inventory) (*source.Target, error) {
	targets, err := source.Select(r, inv)
	switch {
	case err != nil:
		return nil, err
	case len(targets) > 1:
		var all []string
		for _, t := range targets {
			all = append(all, t.Host.Name)
		}
		return nil, &request.UsageError{
			Message: "one host at a time for now, not " + strings.Join(all, ", "),
			Hint:    "nixhop " + r.Action + " " + all[0],
		}
	case len(targets) == 0:
		return nil, nil
	}
	return &targets[0], nil
}

// inventory lists the aliases; what could not be read is only a warning, ssh itself decides what an alias means.
func (s *Session) inventory(r request.Request) sshcfg.Inventory {
	inv := sshcfg.List(sshcfg.Files(r.SSHConfig))
	for _, w := range inv.Warnings {
		s.Log.Warn(w.String())
	}
	return inv
}

// execute runs the plan and says what came of it.
func (d *deployment) execute(ctx, background context.Context) error {
	steps, err := plan.MakePlan(d.job)
	if err != nil {
		return err
	}
	if err := context.Cause(background); err != nil {
		return err
	}
	d.announce()
	heard := &hearing{force: d.request.Has("--explain")}
	results, err := d.runPlan(ctx, background, steps, heard)
	reached := true
	if d.lostLink(results, err) {
		if results["outcome"], reached = d.awaitOutcome(background); plan.ParseOutcome(results["outcome"]).Status == 0 {
			err = nil
		}
	}
	err = d.explain(heard, results, err)
	switch outcome, begun := results["outcome"]; {
	case !reached:
		d.session.Log.Error(d.unknown())
		if cause := context.Cause(background); cause != nil {
			err = cause
		}
	case d.job.Dialect == nil && begun && err != nil && !nixexec.Interrupted(err) && plan.ParseOutcome(outcome).Status < 0:
		err = d.aftermath(background, err)
	case d.job.Dialect == nil:
		d.endThere(results, err)
		err = d.session.conclude(d, results, err)
	case nixexec.Interrupted(err) && heard.activating():
		d.session.warnActivating(d)
	case err != nil && !heard.told:
		err = d.aftermath(background, err)
	}
	return spoken(err)
}

// runPlan runs the plan's steps. Where a build host's own copy fails, those behind the build are made anew, by the way through here.
func (d *deployment) runPlan(ctx, background context.Context, steps plan.Plan, heard *hearing) (map[string]string, error) {
	results, err := d.session.runPlan(ctx, background, steps, map[string]string{"derivation": d.derivation}, d.password, heard)
	if !d.copyFailedThere(results, err) {
		return results, err
	}
	d.session.Log.Warn(fmt.Sprintf("%s could not copy what it has built to %s; copying through here", d.job.Build.Host.Name, d.job.Target.Host.Name))
	d.job.Between = nil
	if steps, err = plan.MakePlan(d.job); err != nil {
		return results, err
	}
	built := slices.IndexFunc(steps.Steps, func(s plan.Step) bool { return s.Result == "toplevel" })
	steps.Steps = steps.Steps[built+1:]
	return d.session.runPlan(ctx, background, steps, results, d.password, heard)
}

// copyFailedThere reports whether a third build host has built the system, but not brought it to the target: the way through here is left.
func (d *deployment) copyFailedThere(results map[string]string, err error) bool {
	var step *stepError
	var exit *nixexec.ExitError
	return d.job.Between != nil && results["toplevel"] != "" && errors.As(err, &step) && step.Step.Name == "copy" &&
		errors.As(err, &exit) && exit.Code != nixexec.SSHFailed && !nixexec.Interrupted(err)
}

// lostLink reports whether the connection was lost while nixhop's own activation ran.
func (d *deployment) lostLink(results map[string]string, err error) bool {
	outcome, begun := results["outcome"]
	var exit *nixexec.ExitError
	return begun && d.on != nil && !nixexec.Interrupted(err) && plan.ParseOutcome(outcome).Status < 0 && errors.As(err, &exit) && exit.Code == nixexec.SSHFailed
}

// announce says in one line what is about to happen, and where.
func (d *deployment) announce() {
	if d.nativeFor != "" {
		d.session.Log.Info("taking the steps by nix and ssh: " + d.nativeFor)
	}
	if d.target == nil {
		return
	}
	how := ", built here"
	switch {
	case d.request.Has("--rollback"):
		how = ": to the generation before"
	case d.request.Has("--store-path"):
		how = ": " + d.request.Value("--store-path")
	case d.job.Build != nil:
		how = ", built on " + d.job.Build.Host.Name
		if d.job.Dialect == nil && d.job.Target != nil && !d.job.SameHost() {
			how += ", copied through here"
			if d.job.Between != nil {
				how = ", built and copied by " + d.job.Build.Host.Name
			}
		}
	}
	what := d.request.Action + " " + d.target.Host.Name
	if d.on != nil {
		what += " (" + d.on.machine.Endpoint.Address() + ")"
	}
	if d.chosen.Name != "" && strings.HasPrefix(how, ",") {
		what += fmt.Sprintf(": configuration %s, by %s", d.chosen.Name, d.chosen.From)
	}
	if strings.HasPrefix(how, ",") {
		how += d.manner()
	}
	d.session.Log.Info(what + how)
}

// endTime bounds how long the end of what runs on another host is waited for.
const endTime = 5 * time.Second

// endThere ends the build or the copy on the build host when the user has ended the run. It is done even though ctx is over.
func (d *deployment) endThere(results map[string]string, err error) {
	var step *stepError
	if !errors.As(err, &step) || !nixexec.Interrupted(err) {
		return
	}
	command, runs := plan.EndCommand(d.job, step.Step.Name, results)
	if !runs {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if _, err := nixexec.Output(ctx, command); err != nil {
		d.session.Log.Warn("the " + step.Step.Name + " may go on, on " + d.job.Build.Host.Name + "; to end it: " + command.String())
	}
}

package rebuild

import (
	"errors"
	"fmt"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// conclude says what came of nixhop's own steps: the store path on standard output, what was and what was not changed on standard
// error, and the exit status in the error.
func (s *Session) conclude(d *deployment, results map[string]string, err error) error {
	// Of a dry run on a build host the path is whatever the host printed.
	if path := results["toplevel"]; nixexec.StorePath.MatchString(path) && (err == nil || results["outcome"] != "") {
		fmt.Fprintln(s.Stdio.Out, path)
	}
	where := d.where()
	var step *stepError
	_, activated := results["outcome"]
	if errors.As(err, &step) && !activated {
		what, how := "the "+step.Step.Name, "failed"
		if nixexec.Interrupted(err) {
			how = "was stopped"
		}
		if step.Step.Name == "activate" {
			what = "the run"
		}
		if d.needsRoot() {
			s.Log.Error("nothing was activated " + where + ": " + what + " " + how)
		}
		return failed(err)
	}
	if !activated {
		return err
	}
	outcome := plan.ParseOutcome(results["outcome"])
	text, status := outcomeText(d, outcome, where)
	switch {
	case err == nil:
		s.Log.Info(text)
		return nil
	case nixexec.Interrupted(err):
		s.warnActivating(d)
		return err
	default:
		return &StatusError{Code: status, Err: errors.New(text)}
	}
}

// warnActivating says that a run that the user has stopped has left an activation behind, which goes on.
func (s *Session) warnActivating(d *deployment) {
	s.Log.Warn("the activation " + d.where() + " is not ended by this; see how it goes: " + d.journalCommand())
}

// where is the target, for people.
func (d *deployment) where() string {
	if d.job.Target == nil {
		return "here"
	}
	return "on " + d.job.Target.Host.Name
}

// journalCommand shows the activation's log.
func (d *deployment) journalCommand() string {
	words := []string{"journalctl", "-u", facts.ActivationUnits, "-e"}
	if d.job.Target == nil {
		return nixexec.ShellWords(words)
	}
	return d.onTarget(words...)
}

// onTarget is a command on the target, ready to be pasted.
func (d *deployment) onTarget(words ...string) string {
	return d.request.Call().Lines([]report.Remedy{report.On(d.job.Target.Host.String(), words...)})[0]
}

// nextBoot says what boots next where that was changed, and how to take it back. switch-to-configuration installs the boot loader before it
// changes anything else, and ends with 100 only behind that; before, it may have refused the system (nixpkgs: switch-to-configuration-ng).
func (d *deployment) nextBoot(o plan.Outcome) string {
	if o.Profile == "" {
		return ""
	}
	next := "; the profile is set" + o.ItsGeneration() + ": the next boot takes " + o.Profile
	if o.Profile == o.Current && o.Current != o.Was { // which has just been named
		next = "; the profile is set" + o.ItsGeneration() + ": the next boot takes it, too"
	}
	if o.Status != plan.ExitReboot && (o.Current == o.Was || o.Current == "") {
		next = "; the profile is set" + o.ItsGeneration() + ": " + o.Profile + ", but the boot loader may not know it"
	}
	if d.target != nil && o.WasProfile != "" && o.WasProfile != o.Profile {
		next += "\nback to the generation before: nixhop switch " + nixexec.Quote(d.target.Selector.Word) + " --rollback"
	}
	return next
}

// outcomeText puts an activation's result into words, and into nixhop's exit status.
func outcomeText(d *deployment, o plan.Outcome, where string) (text string, status int) {
	action := d.request.Action
	generation := o.ItsGeneration()
	switch {
	case o.Status == 0 && action == "boot":
		return fmt.Sprintf("%s: %s boots next%s", where, o.Profile, generation), request.ExitDone
	case o.Status == 0 && action == "dry-activate":
		return where + ": nothing was changed, this was only a look", request.ExitDone
	case o.Status == 0:
		return fmt.Sprintf("%s: %s runs%s", where, o.Current, generation), request.ExitDone
	case o.Status == request.ExitUnits && o.Current != "":
		text := fmt.Sprintf("%s: %s is active%s, but some units failed", where, o.Current, generation)
		if o.Failed != "" {
			text += ": " + o.Failed
		}
		if d.job.Target != nil {
			text += "\n" + d.onTarget("systemctl", "--failed")
		}
		return text, request.ExitUnits
	case o.Status == plan.ExitReboot:
		return where + ": nothing was activated, this system's init takes effect only with a reboot" + d.nextBoot(o), request.ExitFailed
	case o.Current == o.Was || o.Current == "":
		return fmt.Sprintf("%s: nothing was activated, switch-to-configuration ended with status %d%s", where, o.Status, d.nextBoot(o)), request.ExitFailed
	default:
		return fmt.Sprintf("%s: the activation failed with status %d after it had begun; %s runs now%s", where, o.Status, o.Current, d.nextBoot(o)), request.ExitFailed
	}
}

// failed is the error of a step before the activation with nixhop's own status for that: nix-store, for one, ends with 100 when a build
// fails. How an interrupt or a missing program ends a run stays as it is.
func failed(err error) error {
	var exit *nixexec.ExitError
	if !errors.As(err, &exit) || nixexec.Interrupted(err) || exit.Signal != 0 {
		return err
	}
	return &nixexec.ExitError{Program: exit.Program, Code: request.ExitFailed}
}

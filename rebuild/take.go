package rebuild

import (
	"context"
	"errors"
	"os"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/remote"
)

// job is the deployment in which everything is decided, for the commands of the plan.
func (r *Run) job(c Checked) plan.Job {
	name := ""
	if r.many {
		name = c.Target.Host.String()
	}
	job := plan.Job{
		Request: c.Decision.Request, Source: c.Source, Configuration: c.Choice.Name,
		Name: name, Dir: r.net.Dir(), Run: r.net.Name(), By: facts.Me(),
		Target: c.Machine, Build: c.Builder, Between: c.Between,
		Copies: r.known(c.Located, c.On, c.At).Copies(r.look.Nix(), c.Between != nil, r.trusted),
		Far:    c.Trip > facts.LongWay, Locked: c.Trip > facts.LongWay, Dialect: c.Decision.Engine,
		SSHOpts:  r.sshOpts(c.Located),
		Settings: c.Settings, Cross: c.Wanted.Cross, System: c.Wanted.System, Emulate: c.Emulate, Substitutes: c.Target.Substitutes(),
		Elevate: c.Decision.Elevate, Password: c.Decision.Password, Commands: c.Decision.Commands, Once: r.wish.Of(c.Target.Of()).Once,
		LocalElevate: decision.LocalElevation(c.Request.Ways(), c.Decision.SudoOpts, os.Geteuid() == 0, nixexec.Installed),
		Terminal:     r.alone && prompt.Somebody(r.Ask), Monitored: r.known(c.Located, c.On, c.At).Monitored(), NoPreSwitchCheck: r.Env("NIXOS_NO_CHECK") == "1",
	}
	job.Guard, job.NoGuard = r.wish.Of(c.Target.Of()).For(c.Machine, c.Expected, c.Decision, r.rollout.Health)
	return job
}

// roundTrip measures the way to where a nixos-rebuild copies, where it is worth to know: what it will copy can be told
// before it starts, or the checks are what the user wants.
func (r *Run) roundTrip(ctx context.Context, d Decided) time.Duration {
	link := d.Link
	if d.Builder != nil {
		link = d.BuildLink
	}
	if link == nil || d.Decision.Engine == nil || !d.Request.Evaluates() || !r.checking && !r.evaluator.Kept.Locked(d.Wanted) {
		return 0
	}
	return link.RoundTrip(ctx)
}

// performer takes the steps of a host's plan.
func (r *Run) performer(c Checked) remote.Performer {
	p := remote.Performer{
		Host: c.Name(), Job: r.job(c), Call: c.call(), Alone: r.alone, Along: c.Request.Has("--explain"), Stdio: r.Stdio, Say: r.say(c.Placed),
		Started: r.Env(decision.StartedMark), Password: c.Password,
		Link: c.Link, BuildLink: c.BuildLink, Somebody: prompt.Somebody(r.Ask), Query: r.look.Roles[c.Machine], Teller: explain.NewTeller(c.Machine, c.call()), Health: r.rollout.Health,
	}
	p.Stdio.Held = r.net.Lock() // a child goes on with the connections of the run, also where this process is killed
	if c.On != nil {
		p.Before = *c.On
	}
	return p
}

// stepFailed says what the failure of a step before the activation means, and what was not changed.
func (r *Run) stepFailed(c Checked, heard *remote.Heard, results plan.Results, err error) error {
	var failed *remote.StepError
	if !errors.As(err, &failed) {
		return err
	}
	r.explain(c.Told, heard, failed)
	r.performer(c).Failed(failed, results)
	return failed
}

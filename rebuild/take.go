package rebuild

import (
	"errors"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
)

// performer takes the steps of a host's plan.
func (r *Run) performer(c Checked) remote.Performer {
	p := remote.Performer{
		Host: c.Name(), Job: r.job(c), Call: c.call(), Alone: r.alone, Along: c.Request.Has("--explain"), Stdio: r.Stdio, Say: r.Say,
		Started: r.Env(decision.StartedMark), Password: c.Password,
		Link: c.Link, BuildLink: c.BuildLink, Somebody: r.somebody(), Query: r.look.roles[c.Machine], Teller: explain.NewTeller(c.Machine, c.call()),
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

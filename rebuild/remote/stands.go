package remote

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
)

//go:embed stands.sh
var standsScript string

// Stands makes sure that a host on which nothing is to be activated still is as it was when that was decided, and says
// so: the others of a run may have been built for hours since. The errors are that somebody has changed it meanwhile,
// those of Keep, and those of nixexec.Output.
func (p Performer) Stands(ctx context.Context, system string) error {
	now, err := stands(ctx, p.Link, p.Query.Profile)
	if connection.Lost(err) {
		if err := p.Keep(ctx, "look at what runs there"); err != nil {
			return err
		}
		now, err = stands(ctx, p.Link, p.Query.Profile)
	}
	was := p.Before.System
	if err == nil && (now.Current != was.Current || now.Profile != was.Profile) {
		err = fmt.Errorf("somebody else has changed %s while this run was being prepared: it runs %q and boots %q now\ndeploy once more", p.Link.Machine.Host.Name, now.Current, now.Profile)
	}
	if err != nil {
		p.nothing("the system was there already when the run began")
		return err
	}
	p.Say.Info(fmt.Sprintf("nothing is activated on %s, which %s %s already; --force activates all the same, which also restarts failed units",
		p.Link.Machine.Host.Name, decision.Spares(p.Job.Request), nixexec.Printable(system)))
	if len(p.Before.Failed) > 0 {
		p.Say.Warn("units have failed there: " + strings.Join(p.Before.Failed, " "))
	}
	p.Say.PrintSystem(system)
	return nil
}

// stands asks the host what it runs and boots.
func stands(ctx context.Context, l *connection.Link, profile string) (now facts.System, err error) {
	late := errors.New("the host has not said in time what it runs")
	ctx, cancel := context.WithTimeoutCause(ctx, connection.AnswerTimeMax, late)
	defer cancel()
	script := nixexec.Assignments([2]string{"profile", facts.ProfilePath(profile)}, nixexec.HostPrograms()) + standsScript
	out, err := nixexec.Output(ctx, l.Script(nil, script))
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "runs":
			now.Current = nixexec.Printable(value)
		case "boots":
			now.Profile = nixexec.Printable(value)
		}
	}
	return now, err
}

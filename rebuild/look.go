package rebuild

import (
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// look finds everything out that the plan depends on, and stops where a check fails: nothing was built then. The flake is
// asked for its names while ssh connects.
func (d *deployment) look(ctx, background context.Context) error {
	background, cancel := context.WithCancel(background)
	defer cancel()
	defer d.endAhead()
	d.lookHere(background)
	names := d.lookAhead(background)
	err := d.connectAll(background)
	if err == nil {
		err = d.checkBeforeEvaluation(background)
	}
	if err != nil {
		cancel()
		<-names
		return err
	}
	if err := d.orAskForNames(ctx, <-names); err != nil {
		_ = d.session.report(d.found, d.request)
		return err
	}
	if err := d.choose(background); err != nil {
		return err
	}
	if err := d.settleCrossing(); err != nil {
		return err
	}
	if d.evaluatesWhole() {
		if err := d.evaluate(ctx, background); err != nil {
			return err
		}
		d.settleBetween()
		return nil
	}
	if err := d.lookUpFacts(ctx, background); err != nil {
		_ = d.session.report(d.found, d.request)
		return err
	}
	d.checkPlatform(background)
	d.checkConfiguration()
	d.settleBetween()
	if _, err := d.confirmHostName(background); err != nil {
		return err
	}
	return d.session.report(d.found, d.request)
}

// checkBeforeEvaluation makes the checks that need only a look at both ends, and then asks for the password of sudo where one is
// wanted: nobody shall type one for a run that is doomed anyway.
func (d *deployment) checkBeforeEvaluation(ctx context.Context) error {
	d.settleElevation()
	d.settleRemoteBuild()
	if d.job.Dialect == nil {
		if err := plan.NativeRefusal(d.request); err != nil {
			return err
		}
	}
	d.checkMachines()
	d.lookBetween(ctx)
	if request.Stops(d.found, d.request) {
		return d.session.report(d.found, d.request)
	}
	if d.wantsPassword {
		return d.askPassword(ctx)
	}
	return nil
}

// connectAll opens one connection after another, so that each question of ssh stands alone on the terminal. A host is probed while the
// next one is connected to.
func (d *deployment) connectAll(ctx context.Context) error {
	if err := d.net.makeDir(); err != nil {
		return err
	}
	machines := []*plan.Machine{d.job.Target, d.job.Build}
	if d.job.SameHost() {
		machines = machines[:1]
	}
	var probes []*probing
	var failed error
	for _, m := range machines {
		if m == nil || failed != nil {
			continue
		}
		c, found, err := d.net.reach(ctx, m)
		switch {
		case err != nil:
			failed = err
		case len(found) > 0:
			failed = d.notReached(c, found)
		default:
			probes = append(probes, d.startProbe(ctx, c))
		}
	}
	for _, p := range probes {
		<-p.done
		if failed == nil && p.err == nil && len(p.found) > 0 {
			d.found = append(d.found, p.found...)
			p.err = d.net.refuse(p.connection, d.found)
		}
		if failed == nil {
			failed = p.err
		}
	}
	return failed
}

// notReached adds to what ssh said what this machine's own keys and agent have to do with it, and ends the run.
func (d *deployment) notReached(c *connection, found []report.Finding) error {
	d.found = append(d.found, found...)
	if c.failure != nil && c.failure.Kind == sshcfg.Denied && !c.failure.Accepted() {
		want := d.hereWant()
		want.Denied = []string{c.machine.Endpoint.Alias}
		d.found = append(d.found, check.CheckKeys(d.here(), want)...)
	}
	return d.net.refuse(c, d.found)
}

// probing is a probe under way.
type probing struct {
	connection *connection
	done       chan struct{}
	found      []report.Finding
	err        error
}

// startProbe probes a host beside everything else.
func (d *deployment) startProbe(ctx context.Context, c *connection) *probing {
	if c.machine == d.job.Target {
		d.on = c
	}
	if c.machine == d.job.Build {
		d.at = c
	}
	p := &probing{connection: c, done: make(chan struct{})}
	query := d.query(c.machine)
	go func() {
		defer close(p.done)
		p.found, p.err = d.net.ask(ctx, c, query)
	}()
	return p
}

// lookUpNames asks the flake which configurations it has; that takes no evaluation of any of them.
func (d *deployment) lookUpNames(ctx context.Context) error {
	if !d.source.IsFlake() || !d.request.Evaluates() || d.target == nil {
		return nil
	}
	if d.request.NoCheck && d.fixedName() {
		return nil
	}
	var err error
	if d.batch != nil {
		d.names, err = d.batch.names()
	} else {
		d.names, err = source.ConfigurationNames(ctx, d.source.Flake, d.job.Request)
	}
	return err
}

// orAskForNames repeats lookUpNames on the terminal, where its error is that nix had nobody to ask.
func (d *deployment) orAskForNames(ctx context.Context, err error) error {
	if !d.mayAsk(err) {
		return err
	}
	out, err := nixexec.Capture(ctx, nixexec.Command{Argv: source.NamesArgv(d.source.Flake, d.job.Request)}, d.session.Stdio)
	d.names, err = source.ReadNames(d.source.Flake, []byte(out), err)
	return err
}

// fixedName reports whether the configuration's name is known without the flake's list.
func (d *deployment) fixedName() bool {
	return d.source.Name != "" || (d.target != nil && (d.target.Selector.Configuration != "" || d.target.Hints.Configuration != ""))
}

// query is what the probe asks a machine: only what its part in the deployment needs.
func (d *deployment) query(m *plan.Machine) facts.Query {
	return facts.Query{
		Target: m == d.job.Target, BuildHost: m == d.job.Build, Run0: d.request.Method() == string(facts.ByRun0),
		Profile: d.request.Value("--profile-name"),
	}
}

// choose settles the configuration. Where the answer depends on the target's own name and the target takes no other part, it is
// asked for that alone.
func (d *deployment) choose(ctx context.Context) error {
	if !d.source.IsFlake() || d.request.Has("--store-path") {
		return nil
	}
	if d.target == nil {
		d.job.Configuration = d.source.Name
		if d.job.Configuration == "" && (d.job.Dialect == nil || d.crossing.Wanted() || d.job.System != "") {
			d.job.Configuration = d.session.hostName()
		}
		return nil
	}
	chosen, ask, err := source.ChooseConfiguration(*d.target, d.source, d.names, d.targetName())
	if ask && d.on == nil && !d.request.Plan {
		if err := d.askName(ctx); err != nil {
			return err
		}
		chosen, _, err = source.ChooseConfiguration(*d.target, d.source, d.names, d.targetName())
	}
	var none *source.NoConfigurationError
	switch {
	case errors.As(err, &none) && none.Given() && d.batch == nil:
		return &request.UsageError{Message: none.Error()}
	case errors.As(err, &none):
		d.found = append(d.found, check.NoConfigurationFinding(d.target.Host.String(), none))
		return d.session.report(d.found, d.request)
	case err != nil:
		return err
	}
	d.chosen = chosen
	d.job.Configuration = chosen.Name
	return nil
}

// targetName is the target's own host name, or empty where it was not asked.
func (d *deployment) targetName() string {
	if d.on == nil {
		return ""
	}
	return d.on.facts.System.HostName
}

// askName connects to a target that takes no part otherwise.
func (d *deployment) askName(ctx context.Context) error {
	m, err := d.machine(ctx, d.target.Host, false)
	if err != nil {
		return err
	}
	c, found, err := d.net.connect(ctx, m, facts.Query{})
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return d.net.refuse(c, found)
	}
	d.on = c
	return nil
}

// printPlan prints the commands and runs none of them; no host is contacted. That the login is root is taken from its name then.
func (d *deployment) printPlan(ctx, background context.Context) error {
	if err := d.orAskForNames(ctx, d.lookUpNames(background)); err != nil {
		return err
	}
	if err := d.choose(background); err != nil {
		return err
	}
	if m := d.job.Target; m != nil {
		if m.Endpoint.User != "root" {
			m.Elevate = plan.Elevation(facts.Elevation{}, d.request.Ways())
		}
	}
	if err := d.planPlatform(ctx, background); err != nil {
		return err
	}
	steps, err := plan.MakePlan(d.job)
	if err != nil {
		return err
	}
	if steps.Files, err = d.net.files(); err != nil {
		return err
	}
	d.session.print(steps.Script())
	return nil
}

package rebuild

import (
	"context"
	"errors"

	"nixhop/sshcfg"
)

// look finds everything out that the plan depends on, and stops where a check fails: nothing was built then. The flake is
// asked for its names while ssh connects.
func (d *deployment) look(ctx, background context.Context) error {
	background, cancel := context.WithCancel(background)
	defer cancel()
	d.lookHere(background)
	names := make(chan error, 1)
	go func() { names <- d.lookUpNames(background) }()
	if err := d.connectAll(ctx, background); err != nil {
		cancel()
		<-names
		return err
	}
	if err := d.checkBeforeEvaluation(background); err != nil {
		cancel()
		<-names
		return err
	}
	if err := <-names; err != nil {
		_ = d.session.report(d.found, d.request)
		return err
	}
	if err := d.choose(ctx, background); err != nil {
		return err
	}
	if d.job.Dialect == nil && !d.checking && !d.request.Has("--rollback") && !d.request.Has("--store-path") {
		return d.evaluate(ctx)
	}
	if err := d.lookUpFacts(background); err != nil {
		_ = d.session.report(d.found, d.request)
		return err
	}
	d.checkConfiguration()
	return d.session.report(d.found, d.request)
}

// checkBeforeEvaluation makes the checks that need only a look at both ends, and then asks for the password of sudo where one is
// wanted: nobody shall type one for a run that is doomed anyway.
func (d *deployment) checkBeforeEvaluation(ctx context.Context) error {
	d.settleElevation()
	d.checkMachines()
	if stops(d.found, d.request) {
		return d.session.report(d.found, d.request)
	}
	if d.wantsPassword {
		return d.askPassword(ctx)
	}
	return nil
}

// connectAll opens one connection after another, so that each question of ssh stands alone on the terminal.
func (d *deployment) connectAll(ctx, background context.Context) error {
	if err := d.net.makeDir(); err != nil {
		return err
	}
	for _, m := range []*Machine{d.job.Target, d.job.Build} {
		if m == nil || (m == d.job.Build && d.job.Build == d.job.Target && d.on != nil) {
			continue
		}
		c, found, err := d.net.connect(ctx, background, m, d.query(m))
		if err != nil {
			return err
		}
		d.found = append(d.found, found...)
		if len(found) > 0 && c.failure != nil && c.failure.Kind == sshcfg.Denied && !c.failure.Accepted() {
			want := d.hereWant()
			want.Denied = []string{m.Endpoint.Alias}
			d.found = append(d.found, CheckKeys(d.here(), want)...)
		}
		if len(found) > 0 {
			return d.net.refuse(c, d.found)
		}
		if m == d.job.Target {
			d.on = c
		}
		if m == d.job.Build {
			d.at = c
		}
	}
	return nil
}

// lookUpNames asks the flake which configurations it has; that takes no evaluation of any of them.
func (d *deployment) lookUpNames(ctx context.Context) error {
	if !d.source.IsFlake() || d.request.Has("--store-path") || d.request.Has("--rollback") || d.target == nil {
		return nil
	}
	if d.request.NoCheck && d.fixedName() {
		return nil
	}
	names, err := configurationNames(ctx, d.source.Flake, d.request)
	d.names = names
	return err
}

// fixedName reports whether the configuration's name is known without the flake's list.
func (d *deployment) fixedName() bool {
	return d.source.Name != "" || (d.target != nil && (d.target.Selector.Configuration != "" || d.target.Hints.Configuration != ""))
}

// query is what the probe asks a machine: only what its part in the deployment needs.
func (d *deployment) query(m *Machine) Query {
	return Query{Target: m == d.job.Target, BuildHost: m == d.job.Build, Profile: d.request.Value("--profile-name")}
}

// choose settles the configuration. Where the answer depends on the target's own name and the target takes no other part, it is
// asked for that alone.
func (d *deployment) choose(ctx, background context.Context) error {
	if !d.source.IsFlake() || d.request.Has("--store-path") {
		return nil
	}
	if d.target == nil {
		d.job.Configuration = d.source.Name
		if d.job.Configuration == "" && d.job.Dialect == nil {
			d.job.Configuration = d.session.hostName()
		}
		return nil
	}
	chosen, ask, err := ChooseConfiguration(*d.target, d.source, d.names, d.targetName())
	if ask && d.on == nil && !d.request.Plan {
		if err := d.askName(ctx, background); err != nil {
			return err
		}
		chosen, _, err = ChooseConfiguration(*d.target, d.source, d.names, d.targetName())
	}
	var none *NoConfigurationError
	switch {
	case errors.As(err, &none) && none.Given():
		return &UsageError{Message: none.Error()}
	case errors.As(err, &none):
		d.found = append(d.found, noConfigurationFinding(d.target.Host.String(), none))
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
func (d *deployment) askName(ctx, background context.Context) error {
	m, err := d.machine(background, d.target.Host, false)
	if err != nil {
		return err
	}
	c, found, err := d.net.connect(ctx, background, m, Query{})
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
func (d *deployment) printPlan(ctx context.Context) error {
	if err := d.lookUpNames(ctx); err != nil {
		return err
	}
	if err := d.choose(ctx, ctx); err != nil {
		return err
	}
	if m := d.job.Target; m != nil {
		if m.Endpoint.User != "root" {
			m.Elevate = elevation(Elevation{Sudo: "sudo"})
		}
	}
	plan, err := MakePlan(d.job)
	if err != nil {
		return err
	}
	if plan.Files, err = d.net.files(); err != nil {
		return err
	}
	d.session.print(plan.Script())
	return nil
}

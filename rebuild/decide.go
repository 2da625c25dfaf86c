package rebuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// decide settles, now that the hosts have told of themselves, who does the work and how, and of which configuration. It makes the checks that need
// only a look at both ends, and then asks for the password of sudo where one is wanted: nobody shall type one for a run that is doomed
// anyway.
func (r *Run) decide(ctx context.Context, c Connected) (d Decided, err error) {
	d = Decided{Connected: c}
	defer func() {
		if err != nil {
			c.ahead.Drop(err)
		}
	}()
	var found []report.Finding
	if d.Decision, found, err = plan.Decide(r.known(c.Located, c.On, c.At)); err != nil {
		return d, err
	}
	if d.Decision.Why == plan.PasswordFirst {
		r.info("taking the steps by nix and ssh: " + plan.PasswordFirst)
	}
	d.Found = slices.Concat(c.Located.Found, found, r.checkMachines(d))
	d.between = r.askBetween(ctx, c)
	if request.Stops(d.Found, c.Request) {
		return d, r.report(c.Placed, d.Found)
	}
	if d.Decision.Password && !c.Request.Plan { // a plan asks for it when it is pasted
		if d.Password, err = r.askPassword(ctx, d); err != nil {
			return d, err
		}
	}
	names, err := r.namesFor(ctx, c.Located)
	if err != nil {
		_ = r.report(c.Placed, d.Found)
		return d, err
	}
	if d.Choice, err = r.choose(ctx, d, names); err != nil {
		return d, err
	}
	d.Wanted, err = r.wanted(d)
	return d, err
}

// checkMachines turns into findings what was found out about the hosts and about this machine. It needs no evaluation.
func (r *Run) checkMachines(d Decided) []report.Finding {
	want := r.hereWant(d.Located)
	want.Others = nixThere(d.Connected)
	found := check.Here(r.here(d.Located), want)
	if d.On != nil {
		found = append(found, check.Target(*d.On, r.targetWant(d))...)
	}
	if d.At != nil {
		found = append(found, check.BuildHost(*d.At, buildHostWant(d))...)
	}
	return found
}

// nixThere is the Nix of each host that takes part. The target may be the build host.
func nixThere(c Connected) []check.NixThere {
	var there []check.NixThere
	if c.On != nil {
		there = append(there, check.NixThere{Host: c.Machine.Host.String(), Version: c.On.Nix.Version})
	}
	if c.At != nil && c.Builder != c.Machine {
		there = append(there, check.NixThere{Host: c.Builder.Host.String(), Version: c.At.Nix.Version})
	}
	return there
}

// passwordTries is how often a password may be mistyped, as for sudo itself.
const passwordTries = 3

// askPassword asks until the host takes the password.
func (r *Run) askPassword(ctx context.Context, d Decided) (nixexec.Secret, error) {
	host, user := d.alias(), d.On.Login.User
	for range passwordTries {
		password, err := r.Ask.Secret(ctx, fmt.Sprintf("[sudo] password for %s on %s: ", user, host))
		if err != nil {
			return nixexec.Secret{}, err
		}
		if !password.OneLine() {
			continue
		}
		err = d.Link.TryPassword(ctx, password)
		var refused *nixexec.ExitError
		switch {
		case err == nil:
			return password, nil
		case !errors.As(err, &refused) || ctx.Err() != nil:
			return nixexec.Secret{}, err
		}
		r.warn("sudo on " + host + " says: " + nixexec.Printable(nixexec.LastLine(refused.Stderr)))
	}
	return nixexec.Secret{}, r.report(d.Placed, append(d.Found, report.Finding{
		Name: "sudo-password", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("sudo did not take any of %d passwords for %q", passwordTries, user),
		Why:    "the activation needs root there; without it the whole build would be in vain",
		Remedy: check.FreeSudo(facts.PublicKey(d.Machine.Endpoint)),
	}))
}

// choose settles the configuration. Where the answer depends on the target's own name and the target takes no other part, it is
// asked for that alone.
func (r *Run) choose(ctx context.Context, d Decided, names []string) (source.Configuration, error) {
	if !d.Source.IsFlake() || d.Request.Has("--store-path") {
		return source.Configuration{}, nil
	}
	if d.Target == nil {
		c := source.Configuration{Name: d.Source.Name}
		if c.Name == "" && (d.Decision.Engine == nil || d.Decision.HandsOver()) {
			c.Name, _ = os.Hostname()
		}
		return c, nil
	}
	name := ""
	if d.On != nil {
		name = d.On.System.HostName
	}
	chosen, ask, err := source.ChooseConfiguration(*d.Target, d.Source, names, name)
	if ask && d.On == nil && d.looked() {
		if name, err = r.askName(ctx, d.Located); err != nil {
			return chosen, err
		}
		chosen, _, err = source.ChooseConfiguration(*d.Target, d.Source, names, name)
	}
	var none *source.NoConfigurationError
	switch {
	case errors.As(err, &none) && none.Given() && r.alone:
		return chosen, &request.UsageError{Message: none.Error()}
	case errors.As(err, &none):
		return chosen, r.report(d.Placed, append(d.Found, check.NoConfiguration(d.alias(), none)))
	}
	return chosen, err
}

// looked reports whether hosts may be contacted at all: those of a mere plan are not.
func (d Decided) looked() bool { return !d.Request.Plan || d.Request.Look }

// askName connects to a target that takes no part otherwise.
func (r *Run) askName(ctx context.Context, l Located) (string, error) {
	m, err := r.machine(ctx, l.Placed, l.Target.Host)
	if err != nil {
		return "", err
	}
	link, err := r.reach(ctx, l, m)
	if err != nil {
		return "", err
	}
	host, err := r.probed(ctx, l, link)
	if err != nil {
		return "", err
	}
	return host.System.HostName, nil
}

// wanted is the evaluation that the decision asks for. A --cross that names no system takes the build host's own.
func (r *Run) wanted(d Decided) (source.Wanted, error) {
	cross, err := d.Decision.Cross(r.buildNix(d.Connected).System)
	return source.Wanted{
		Source: d.Source, Configuration: d.Choice.Name, Request: d.Decision.Request, Cross: cross, System: d.Decision.System,
	}, err
}

// buildNix is what the Nix of the build host says of itself.
func (r *Run) buildNix(c Connected) facts.Nix {
	switch {
	case c.At != nil:
		return c.At.Nix
	case c.Builder == nil && r.look != nil:
		return r.look.here().Nix
	default:
		return facts.Nix{}
	}
}

// askBetween asks a third build host whether it reaches the target, beside everything else; what it returns waits for the answer.
func (r *Run) askBetween(ctx context.Context, c Connected) func() (*sshcfg.Host, []report.Finding) {
	if !c.third() || c.On == nil || c.At == nil || !c.Request.Evaluates() || c.On.System.BootID == "" {
		return func() (*sshcfg.Host, []report.Finding) { return nil, nil }
	}
	asked := make(chan struct{})
	var way *sshcfg.Host
	var found []report.Finding
	go func() {
		defer close(asked)
		way, found = c.BuildLink.Between(ctx, c.Machine, *c.On)
	}()
	return func() (*sshcfg.Host, []report.Finding) {
		<-asked
		return way, found
	}
}

package rebuild

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// decide settles, now that the hosts have told of themselves, who does the work and how, and of which configuration.
// It makes the checks that need only a look at both ends, and then asks for the password of sudo where one is wanted:
// nobody shall type one for a run that is doomed anyway.
func (r *Run) decide(ctx context.Context, c Connected) (d Decided, err error) {
	d = Decided{Connected: c}
	defer func() {
		if err != nil {
			c.ahead.Drop(err)
		}
	}()
	var found []report.Finding
	if d.Decision, found, err = decision.Decide(r.known(c.Located, c.On, c.At)); err != nil {
		return d, err
	}
	if d.Decision.Why == decision.PasswordFirst {
		r.Say.Info("taking the steps by nix and ssh: " + decision.PasswordFirst)
	}
	if found, err = r.permitted(ctx, d, found); err != nil {
		return d, err
	}
	d.Found = slices.Concat(c.Located.Found, found, r.deployment(d).Machines())
	if c.third() && c.Request.Evaluates() {
		d.between = c.BuildLink.AskBetween(ctx, c.Machine, c.On)
	}
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
		return d, r.evaluationError(c.Placed, d.Found, err)
	}
	if d.Choice, err = r.choose(ctx, d, names); err != nil {
		return d, err
	}
	d.Wanted, err = r.wanted(d)
	return d, err
}

// permitted has sudo itself say whether it lets the login run each of the commands that its list of rules has seemed to
// cover: of a program it knows more than the name.
func (r *Run) permitted(ctx context.Context, d Decided, found []report.Finding) ([]report.Finding, error) {
	if d.Decision.Commands == nil {
		return found, nil
	}
	for _, argv := range d.Decision.Commands.On(d.On.System.Current) {
		says, may, err := d.Link.MayRun(ctx, d.Decision.SudoOpts, argv)
		if err != nil {
			return found, err
		}
		if !may {
			key := facts.PublicKey(d.Machine.Endpoint)
			found = append(found, check.NotPermitted(d.target(), d.On.Login.User, strings.Join(argv, " "), says, key))
		}
	}
	return found, nil
}

// askPassword asks for the password of sudo on the target until the host takes it.
func (r *Run) askPassword(ctx context.Context, d Decided) (nixexec.Secret, error) {
	user := d.On.Login.User
	password, err := d.Link.AskPassword(ctx, r.Pass, d.Decision.Elevate, r.Say.Warn)
	key := facts.PublicKey(d.Machine.Endpoint)
	var refused *remote.SudoError
	switch {
	case errors.Is(err, remote.ErrPassword):
		err = r.report(d.Placed, append(d.Found, check.WrongPassword(d.target(), user, key, remote.PasswordTries(r.Pass))))
	case errors.Is(err, remote.ErrNoPassword):
		err = r.report(d.Placed, append(d.Found, check.NoPassword(d.target(), user, key)))
	case errors.As(err, &refused):
		err = r.report(d.Placed, append(d.Found, check.SudoFails(d.target(), user, refused.Says, key)))
	}
	return password, err
}

// choose settles the configuration. Where the answer depends on the target's own name and the target takes no other
// part, it is asked for that alone.
func (r *Run) choose(ctx context.Context, d Decided, names []string) (source.Configuration, error) {
	if !d.Source.IsFlake() || d.Request.Has("--store-path") {
		return source.Configuration{}, nil
	}
	if d.Target == nil {
		c := source.Configuration{Name: d.Source.Name}
		if c.Name == "" && d.Decision.Engine == nil {
			c.Name, _ = os.Hostname()
		}
		return c, nil
	}
	name := ""
	if d.On != nil {
		name = d.On.System.HostName
	}
	chosen, ask, err := source.ChooseConfiguration(*d.Target, d.Source, names, name)
	var none *source.NoConfigurationError
	if ask && d.On == nil && d.looked() {
		var why []report.Finding
		if errors.As(err, &none) { // which is why it is asked at all
			why = append(why, check.NoConfiguration(d.target(), none))
		}
		if name, err = r.askName(ctx, d.Located, why...); err != nil {
			return chosen, err
		}
		chosen, _, err = source.ChooseConfiguration(*d.Target, d.Source, names, name)
	}
	switch {
	case errors.As(err, &none) && none.Given() && r.alone:
		return chosen, &request.UsageError{Message: none.Error()}
	case errors.As(err, &none):
		return chosen, r.report(d.Placed, append(d.Found, check.NoConfiguration(d.target(), none)))
	}
	return chosen, err
}

// looked reports whether hosts may be contacted at all: those of a mere plan are not.
func (d Decided) looked() bool { return !d.Request.Plan || d.Request.Look }

// askName connects to a target that takes no part otherwise; why is what was found that makes it necessary.
func (r *Run) askName(ctx context.Context, l Located, why ...report.Finding) (string, error) {
	m, err := r.machine(ctx, l.Placed, l.Target.Host)
	if err != nil {
		return "", err
	}
	link, err := r.reach(ctx, l, m, why...)
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
		Look: r.checking,
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

package rebuild

import (
	"context"
	"errors"
	"os"
	"slices"

	"nixhop/rebuild/check"
	"nixhop/rebuild/decision"
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
		r.say(d.Placed).Info("taking the steps by nix and ssh: " + decision.PasswordFirst)
	}
	r.say(c.Placed).Warnings(d.Decision.NotHandedOn(r.Env))
	refused, err := c.Link.NotPermitted(ctx, d.Decision, c.On)
	if err != nil {
		return d, err
	}
	want := r.deployment(d)
	want.Stored = c.Link.Untaken(ctx, c.Request.Value("--store-path"), c.On)
	d.Found = slices.Concat(c.Located.Found, found, refused, want.Machines())
	if c.third() && c.Request.Evaluates() {
		d.between = c.BuildLink.AskBetween(ctx, c.Machine, c.On)
	}
	if request.Stops(d.Found, c.Request) {
		return d, r.report(c.Placed, d.Found)
	}
	if d.Decision.Password && !c.Request.Plan { // a plan asks for it when it is pasted
		d.Password, refused, err = c.Link.Password(ctx, r.Pass, d.Decision.Elevate, c.On.Login.User, r.say(c.Placed).Warn)
		if refused != nil {
			err = r.report(c.Placed, append(d.Found, refused...))
		}
		if err != nil {
			return d, err
		}
	}
	names, err := r.namesFor(ctx, c.Located)
	if err != nil {
		return d, r.evaluationError(c.Placed, d.Found, err)
	}
	if d.Choice, err = r.choose(ctx, d, names); err == nil {
		d.Wanted, err = d.Decision.Wanted(d.Source, d.Choice.Name, r.look.BuildNix(c.Builder, c.At).System)
		d.Wanted.Look = r.checking
		r.net.Beside(func() { r.roundTrip(ctx, d) }) // which is wanted when nix has told
	}
	return d, err
}

// choose settles the configuration. Where the answer depends on the target's own name and the target takes no other
// part, it is asked for that alone.
func (r *Run) choose(ctx context.Context, d Decided, names []string) (source.Configuration, error) {
	ask := func(why error) (string, error) {
		on, err := r.visit(ctx, d.Located, check.NoConfiguration(d.target(), why)...)
		if err != nil {
			return "", err
		}
		return on.System.HostName, nil
	}
	own := ""
	switch {
	case d.On != nil:
		own, ask = d.On.System.HostName, nil
	case d.Request.Plan && !d.Request.Look:
		ask = nil
	}
	if d.Target == nil && d.Decision.Engine == nil {
		own, _ = os.Hostname()
	}
	chosen, err := source.Settle(d.Target, d.Source, d.Request, names, own, ask)
	var none *source.NoConfigurationError
	switch {
	case errors.As(err, &none) && none.Given() && r.alone:
		return chosen, &request.UsageError{Message: none.Error()}
	case none != nil:
		return chosen, r.report(d.Placed, append(d.Found, check.NoConfiguration(d.target(), none)...))
	}
	return chosen, err
}

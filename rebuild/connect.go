package rebuild

import (
	"context"
	"slices"

	"nixhop/rebuild/check"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// lookHere looks at this machine while ssh connects, once for all hosts of the run.
func (r *Run) lookHere(ctx context.Context, hosts []Located) {
	var known []decision.Known
	for _, l := range hosts {
		known = append(known, r.known(l, nil, nil))
	}
	roles, q := decision.Look(known)
	q.Dir, q.Env = r.Dir, r.Env
	r.look = &decision.Looking{Roles: roles, Here: r.net.LookHere(ctx, q)}
}

// namesFor are the names that the configuration is to be one of.
func (r *Run) namesFor(ctx context.Context, l Located) ([]string, error) {
	if !l.Target.WantsNames(l.Source, l.Request) {
		return nil, nil
	}
	return r.evaluator.Names(ctx, l.Source.Flake, l.Request, r.names)
}

// connect opens one connection after another, so that each question of ssh stands alone on the terminal. A host is
// probed while the next one is connected to.
func (r *Run) connect(ctx context.Context, l Located) (c Connected, err error) {
	c = Connected{Located: l, ahead: r.lookAhead(ctx, l)}
	c.Link, err = r.reach(ctx, l, l.Machine)
	c.BuildLink = c.Link
	if err == nil && l.Builder != l.Machine {
		c.BuildLink, err = r.reach(ctx, l, l.Builder)
	}
	if err == nil {
		c.On, err = r.probed(ctx, l, c.Link)
	}
	c.At = c.On
	if err == nil && c.BuildLink != c.Link {
		c.At, err = r.probed(ctx, l, c.BuildLink)
	}
	if err != nil {
		c.ahead.Drop(err)
		return c, err
	}
	return c.one(), nil
}

// one makes one machine of a target and a build host that are: they have told so, and the login is the same user. Their
// names and addresses tell nothing of that (ansible#57400).
func (c Connected) one() Connected {
	if !c.third() || !c.On.System.Is(c.At.System) || c.On.Login.UID != c.At.Login.UID {
		return c
	}
	both := *c.On
	both.Nix = c.At.Nix // which was asked for more there
	c.Place, c.Builder, c.BuildLink, c.On, c.At = decision.Place{Target: true}, c.Machine, c.Link, &both, &both
	return c
}

// reach opens the one connection to a machine, if it takes part, and begins to probe it. Where it is not reached, what
// stands behind is said, too.
func (r *Run) reach(ctx context.Context, l Located, m *decision.Machine, behind ...report.Finding) (*connection.Link, error) {
	if m == nil {
		return nil, nil
	}
	link, failure, err := r.net.Open(ctx, m)
	switch {
	case err != nil:
		return nil, err
	case failure != nil:
		login := check.Login{Alias: m.Host.String(), Endpoint: m.Endpoint, PublicKey: facts.PublicKey(m.Endpoint), SudoUser: r.Env("SUDO_USER")}
		here := func() facts.Here { return r.look.For(l.Machine, l.Builder) }
		return nil, r.report(l.Placed, slices.Concat(l.Found, behind, check.NotReached(login, *failure, r.checking, here, r.inventory, r.Env)))
	}
	r.net.Beside(func() { _, _ = link.Probe(ctx, r.look.Roles[m]) })
	return link, nil
}

// probed is what a machine has told. The run ends where it let the login in, but gave no usable answer.
func (r *Run) probed(ctx context.Context, l Located, link *connection.Link) (*facts.Host, error) {
	if link == nil {
		return nil, nil
	}
	host, err := link.Probe(ctx, r.look.Roles[link.Machine])
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, r.report(l.Placed, append(l.Found, check.Probe(link.Machine.Host.Name, link.ForcedCommand(), err)))
	}
	return &host, nil
}

// visit connects to a host for what it tells, where it takes no other part. What stands behind is said, too, where it
// is not reached.
func (r *Run) visit(ctx context.Context, l Located, behind ...report.Finding) (*facts.Host, error) {
	m, err := r.machine(ctx, l.Placed, l.Target.Host)
	if err != nil {
		return nil, err
	}
	link, err := r.reach(ctx, l, m, behind...)
	if err != nil {
		return nil, err
	}
	return r.probed(ctx, l, link)
}

package rebuild

import (
	"context"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// connect opens one connection after another, so that each question of ssh stands alone on the terminal. A host is probed while the
// next one is connected to.
func (r *Run) connect(ctx context.Context, l Located) (Connected, error) {
	c := Connected{Located: l, ahead: r.lookAhead(ctx, l)}
	target, err := r.reach(ctx, l, l.Machine)
	builder := target
	if err == nil && l.Builder != l.Machine {
		builder, err = r.reach(ctx, l, l.Builder)
	}
	for _, p := range []*probing{target, builder} {
		if probed := p.wait(); err == nil && probed != nil {
			err = r.unusable(ctx, l, p, probed)
		}
	}
	if err != nil {
		stopAhead(c.ahead, err)
		return c, err
	}
	c.Link, c.On = target.found()
	c.BuildLink, c.At = builder.found()
	return c, nil
}

// probing is a host that is being probed beside everything else; nil: it takes no part.
type probing struct {
	link *remote.Link
	done chan struct{}
	host facts.Host
	err  error
}

// reach opens the one connection to a machine and begins to probe it.
func (r *Run) reach(ctx context.Context, l Located, m *plan.Machine) (*probing, error) {
	if m == nil {
		return nil, nil
	}
	link, failure, err := r.net.Open(ctx, m)
	switch {
	case err != nil:
		return nil, err
	case failure != nil:
		return nil, r.notReached(l, m, *failure)
	}
	p := &probing{link: link, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.host, p.err = link.Probe(ctx, r.look.roles[m])
	}()
	return p, nil
}

// wait waits for the end of the probe.
func (p *probing) wait() error {
	if p == nil {
		return nil
	}
	<-p.done
	return p.err
}

func (p *probing) found() (*remote.Link, *facts.Host) {
	if p == nil {
		return nil, nil
	}
	return p.link, &p.host
}

// unusable ends a run whose host let the login in, but gave no usable answer.
func (r *Run) unusable(ctx context.Context, l Located, p *probing, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return r.report(l.Placed, append(l.Found, check.ProbeFinding(p.link.Machine.Host.Name, err)))
}

// notReached ends a run whose host gave no connection. To what ssh said is added what this machine's own keys and agent have to do with it. A name
// that is nobody's is wrong usage; one of several hosts does not end the run for the others: its misspelt name is a failed check, too.
func (r *Run) notReached(l Located, m *plan.Machine, failure sshcfg.Failure) error {
	found := check.ConnectFinding(check.Login{
		Alias: m.Host.String(), Endpoint: m.Endpoint, PublicKey: check.PublicKey(m.Endpoint), SudoUser: r.Env("SUDO_USER"),
	}, failure)
	all := append(l.Found, found)
	if failure.Kind == sshcfg.Denied && !failure.Accepted() {
		want := r.hereWant(l)
		want.Denied = []string{m.Endpoint.Alias}
		all = append(all, check.CheckKeys(r.here(l), want)...)
	}
	unknown := r.unknownAlias(m, failure)
	if unknown == nil {
		return r.report(l.Placed, all)
	}
	if r.alone {
		return unknown
	}
	for i, f := range all {
		if f.Name == "host-unreachable" {
			all[i].What, all[i].Why, all[i].Remedy = unknown.Message, strings.ReplaceAll(unknown.Hint, "\n", " "), nil
		}
	}
	return r.report(l.Placed, all)
}

// unknownAlias is the error for a name that has no address and stands in no config; nil where it is another failure.
func (r *Run) unknownAlias(m *plan.Machine, failure sshcfg.Failure) *request.UsageError {
	name := m.Host.Name
	if failure.Kind != sshcfg.Unresolved || failure.Host != name || r.inventory.Matches(name) || strings.ContainsAny(name, ".:") {
		return nil
	}
	if owner := r.aliasBeforeSudo(name); owner != "" {
		return &request.UsageError{
			Message: "alias " + nixexec.Quoted(name) + " stands only in the ssh config of " + nixexec.Quoted(owner) + ", and sudo makes root's the one in use",
			Hint:    "run nixhop without sudo: root is gained on the host",
		}
	}
	return request.UnknownName("unknown alias", name, "", r.inventory.Names())
}

package rebuild

import (
	"context"
	"slices"
	"sync"

	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

type role = facts.Query

// looking is what is looked at beside everything else, once for all hosts of the run.
type looking struct {
	here  func() facts.Here // this machine; waits for it
	roles map[*plan.Machine]role
}

// lookHere looks at this machine while ssh connects. Where one host is built here, what Nix can build here is asked for, too.
func (r *Run) lookHere(ctx context.Context, hosts []Located) {
	r.look = &looking{roles: roles(hosts)}
	q := facts.HereQuery{Dir: r.Dir, Env: r.Env}
	for _, l := range hosts {
		q.BuildHere = q.BuildHere || l.Request.Evaluates() && l.Builder == nil
		q.Settings = request.SettingWords(l.Request)
		if l.Request.Evaluates() {
			q.Flake = l.Source.Flake
		}
		for _, m := range []*plan.Machine{l.Machine, l.Builder} {
			if m != nil && !slices.ContainsFunc(q.Endpoints, func(e sshcfg.Endpoint) bool { return e.Alias == m.Endpoint.Alias }) {
				q.Endpoints = append(q.Endpoints, m.Endpoint)
			}
		}
	}
	answer := make(chan facts.Here, 1)
	go func() { answer <- facts.LookHere(ctx, q) }()
	r.look.here = sync.OnceValue(func() facts.Here { return <-answer })
}

// here is what is known of this machine, as far as it has to do with the host.
func (r *Run) here(l Located) facts.Here {
	var aliases []string
	for _, m := range []*plan.Machine{l.Machine, l.Builder} {
		if m != nil {
			aliases = append(aliases, m.Endpoint.Alias)
		}
	}
	h := r.look.here()
	h.Keys = slices.DeleteFunc(slices.Clone(h.Keys), func(k facts.Keys) bool { return !slices.Contains(aliases, k.Alias) })
	return h
}

// lookUpNames begins to ask the flake which configurations it has, which takes no evaluation of any of them.
func (r *Run) lookUpNames(hosts []Located) {
	if slices.ContainsFunc(hosts, Located.wantsNames) {
		go func() { _, _ = r.names() }()
	}
}

// wantsNames reports whether the configuration is to be one of the flake's.
func (l Located) wantsNames() bool {
	return l.Source.IsFlake() && l.Request.Evaluates() && l.Target != nil && !(l.Request.NoCheck && l.fixedName())
}

// fixedName reports whether the configuration's name is known without the flake's list.
func (l Located) fixedName() bool {
	return l.Source.Name != "" || l.Target.Selector.Configuration != "" || l.Target.Hints.Configuration != ""
}

// namesFor are the names that the configuration is to be one of.
func (r *Run) namesFor(ctx context.Context, l Located) ([]string, error) {
	if !l.wantsNames() {
		return nil, nil
	}
	return r.evaluator.Names(ctx, l.Source.Flake, l.Request, r.names)
}

// hereWant is what the deployment wants of this machine, but for the hosts' own Nix, which is known only once they have answered.
func (r *Run) hereWant(l Located) check.HereWant {
	return check.HereWant{Nix: l.Request.Evaluates(), Flake: l.Request.Evaluates() && l.Source.IsFlake(), Asked: r.checking}
}

package rebuild

import (
	"context"
	"slices"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
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

// orAskForNames are the names, looked up once more on the terminal where nix had nobody to ask.
func (r *Run) orAskForNames(ctx context.Context, l Located) ([]string, error) {
	if !l.wantsNames() {
		return nil, nil
	}
	names, err := r.names()
	if r.mayAsk(err) {
		return source.NamesOpenly(ctx, l.Source.Flake, l.Request, r.Stdio)
	}
	return names, err
}

// mayAsk reports whether what nix could not do in the background is worth a second try on the terminal.
func (r *Run) mayAsk(err error) bool { return r.somebody() && source.HadNobodyToAsk(err) }

// lookAhead begins, while ssh connects, to evaluate the configuration that is the target's unless the flake has none of that name: this takes longer
// than all checks, and ssh mostly waits. It goes to the derivation where nixhop itself will need it, else to its facts. What the hosts tell
// later can only make more of it wanted.
func (r *Run) lookAhead(ctx context.Context, l Located) *source.Evaluation {
	whole := r.needsDerivation(l, l.Sketch)
	if l.Target == nil || !l.Source.IsFlake() || !l.Request.Evaluates() || l.Sketch.Crossing.Wanted() || !whole && l.Request.NoCheck ||
		l.Machine == nil && l.Builder == nil || !l.Target.Listed && !l.fixedName() {
		return nil
	}
	chosen, _, err := source.ChooseConfiguration(*l.Target, l.Source, nil, "")
	if err != nil {
		return nil
	}
	wanted := source.Wanted{Source: l.Source, Configuration: chosen.Name, Request: l.Sketch.Request, System: l.Sketch.System}
	return r.begin(ctx, l.Placed, r.evaluating(l, wanted, l.Sketch.Engine, whole))
}

// needsDerivation reports whether nixhop itself evaluates the configuration to its derivation: a check and a plan want its facts alone.
func (r *Run) needsDerivation(l Located, d plan.Decision) bool {
	return d.EvaluatesWhole() && !r.checking && !l.Request.Plan
}

// evaluating is the command of an evaluation, to the derivation or to the facts alone.
func (r *Run) evaluating(l Located, w source.Wanted, engine *plan.Dialect, whole bool) nixexec.Command {
	if !whole {
		return nixexec.Command{Argv: w.Facts()}
	}
	return nixexec.Command{Argv: w.Derivation(), Env: r.environment(l, engine)}
}

// hereWant is what the deployment wants of this machine, but for the hosts' own Nix, which is known only once they have answered.
func (r *Run) hereWant(l Located) check.HereWant {
	return check.HereWant{Nix: l.Request.Evaluates(), Flake: l.Request.Evaluates() && l.Source.IsFlake(), Asked: r.checking}
}

package rebuild

import (
	"context"
	"sync"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
)

// looking is what is looked at beside everything else, once for all hosts of the run.
type looking struct {
	here  func() facts.Here // this machine; waits for it
	roles map[*decision.Machine]facts.Query
}

// lookHere looks at this machine while ssh connects. Where one host is built here, what Nix can build here is asked
// for, too.
func (r *Run) lookHere(ctx context.Context, hosts []Located) {
	var known []decision.Known
	for _, l := range hosts {
		known = append(known, r.known(l, nil, nil))
	}
	roles, q := decision.Look(known)
	q.Dir, q.Env = r.Dir, r.Env
	answer := make(chan facts.Here, 1)
	go func() { answer <- facts.LookHere(ctx, q) }()
	r.look = &looking{here: sync.OnceValue(func() facts.Here { return <-answer }), roles: roles}
}

// here is what is known of this machine, as far as it has to do with the host.
func (r *Run) here(l Located) facts.Here {
	return r.look.here().For(decision.Endpoints(l.Machine, l.Builder))
}

// namesFor are the names that the configuration is to be one of.
func (r *Run) namesFor(ctx context.Context, l Located) ([]string, error) {
	if !l.Target.WantsNames(l.Source, l.Request) {
		return nil, nil
	}
	return r.evaluator.Names(ctx, l.Source.Flake, l.Request, r.names)
}

// Package building has the systems of several hosts built on this machine: those whose derivations are known at the
// same time by one nix-store, which schedules them, and equal ones once. It tells each host what that nix-store says of
// what it needs. Which commands these are is the plan's, and a host that is built by itself, or elsewhere, takes the
// steps of its plan here as well.
package building

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// rooted is how many systems that are built are given their roots at a time: that takes a moment each.
const rooted = 8

// Site is where the hosts of a run meet to be built together.
type Site struct {
	say   report.Sink
	turns chan struct{}

	mu    sync.Mutex
	due   map[string]func() bool // hosts that have not come yet, and whether each is on its way
	ready []*order               // those that have come, and wait for them
}

// NewSite is one where nobody is expected.
func NewSite(say report.Sink) *Site {
	return &Site{say: say, turns: make(chan struct{}, rooted), due: map[string]func() bool{}}
}

// Expect says that a host will come, or go (Gone). soon tells whether it is on its way: its derivation is known, or
// will never be.
func (s *Site) Expect(host string, soon func() bool) { s.due[host] = soon }

// order is the system of one host.
type order struct {
	remote.Performer
	derivation string
	decided    chan struct{} // closed with what follows
	together   bool          // it was built with others, or was to be
	err        error         // of all that were built with it
	said       string        // by nix-store, about what has failed for this host
}

// Build takes the steps that build a host's system: where it is built here, as soon as nobody is on the way any more,
// with all that wait then. Nobody waits for one whose connection is to be made anew. The errors and what was heard are
// those of Performer.Keep and TakeAll.
func (s *Site) Build(ctx context.Context, p remote.Performer, results plan.Results) (*remote.Heard, error) {
	p.Reconnects = func() { s.Gone(ctx, p.Host) }
	if err := p.Keep(ctx, "build"); err != nil {
		return nil, err
	}
	steps := plan.Build(p.Job)
	if !plan.Together(p.Job) {
		s.Gone(ctx, p.Host)
		return p.TakeAll(ctx, steps, results)
	}
	o := &order{Performer: p, derivation: results["derivation"], decided: make(chan struct{})}
	s.come(ctx, o)
	if err := s.await(ctx, o); err != nil {
		return nil, err
	}
	if !o.together {
		return p.TakeAll(ctx, steps, results)
	}
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	if o.err != nil && (nixexec.Interrupted(o.err) || !o.made(ctx)) {
		failed := &remote.StepError{Step: steps[0], Err: withSaid(o.err, o.said)}
		return remote.HeardOf("build", []byte(o.said)), failed
	}
	return p.TakeAll(ctx, steps, results)
}

// Gone says that nobody is to wait for a host any more. All calls are with the context of the run.
func (s *Site) Gone(ctx context.Context, host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.due, host)
	s.start(ctx)
}

// come lets an order wait for those that are on their way.
func (s *Site) come(ctx context.Context, o *order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.due, o.Host)
	if ctx.Err() == nil {
		s.ready = append(s.ready, o)
	} else {
		close(o.decided)
	}
	s.start(ctx)
}

// await waits until it is decided how an order is built, and until that is done where it is with others.
func (s *Site) await(ctx context.Context, o *order) error {
	select {
	case <-o.decided:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	at := slices.Index(s.ready, o)
	if at >= 0 {
		s.ready = slices.Delete(s.ready, at, at+1)
	}
	s.mu.Unlock()
	if at >= 0 {
		return context.Cause(ctx)
	}
	<-o.decided
	return nil
}

// start has those built that wait, unless one is on its way that can go with them. It is called with the lock held.
func (s *Site) start(ctx context.Context) {
	for _, soon := range s.due {
		if soon() {
			return
		}
	}
	ready := s.ready
	s.ready = nil
	for _, alike := range grouped(ready) {
		if len(alike) == 1 {
			close(alike[0].decided)
			continue
		}
		go s.buildAll(ctx, alike)
	}
}

// grouped are orders that one nix-store can have: it is called in the same way for each.
func grouped(ready []*order) [][]*order {
	var groups [][]*order
	at := map[string]int{}
	for _, o := range ready {
		command := plan.RealiseAll(o.Job, nil).Command
		key := strings.Join(append(command.Argv, command.Env...), "\x00")
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	return groups
}

// made reports whether the system is there: it may be although others are not.
func (o *order) made(ctx context.Context) bool {
	_, err := nixexec.Output(ctx, plan.Made(o.Job, o.derivation))
	return err == nil
}

// withSaid is the error of a nix-store with what it has said for one host.
func withSaid(err error, said string) error {
	var exit *nixexec.ExitError
	if !errors.As(err, &exit) || nixexec.Interrupted(err) {
		return err
	}
	own := *exit
	own.Stderr = said
	return &own
}

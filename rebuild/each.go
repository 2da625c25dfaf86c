package rebuild

import (
	"context"
	"sync"

	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// Limits of how many hosts go through a phase side by side.
const (
	checks = 8 // connections, and what is looked at over them

	copies      = 5  // of systems
	activations = 10 // at a time
)

// each takes hosts through one phase, at most limit at a time, and returns those that go on, in their order. What
// ended the others is kept, in their order, too.
func each[In, Out named](ctx context.Context, r *Run, phase report.Phase, limit int, hosts []In, do func(context.Context, In) (Out, error)) []Out {
	type passed struct {
		out Out
		err error
	}
	all := make([]passed, len(hosts))
	turn := make(chan struct{}, max(limit, 1))
	var wait sync.WaitGroup
	for i, h := range hosts {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			if err := context.Cause(ctx); err != nil {
				all[i].err = err
				return
			}
			r.Say(report.Event{Host: h.Name(), Phase: phase, Kind: report.Started})
			all[i].out, all[i].err = do(ctx, h)
			for _, name := range r.named(h) {
				r.Say(report.Event{Host: name, Phase: phase, Kind: report.Passed, Result: remote.ResultOf(all[i].err), Text: remote.Why(all[i].err)})
			}
		})
	}
	wait.Wait()
	var on []Out
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, p := range all {
		if p.err != nil {
			for _, name := range r.named(hosts[i]) {
				r.ended = append(r.ended, report.Ended{Host: name, Phase: phase, Err: p.err})
			}
			continue
		}
		on = append(on, p.out)
	}
	return on
}

// named is a stage of a host.
type named interface{ Name() string }

// named are all names of a host in this run.
func (r *Run) named(h named) []string { return append([]string{h.Name()}, r.twins[h.Name()]...) }

// outcome is the error of the run: what has ended hosts by now. Then nothing further is begun, and none is done.
func (r *Run) outcome() error { return done[Placed](r, nil) }

// done is the error of the run by what has ended hosts, when others are through.
func done[Out named](r *Run, hosts []Out) error {
	through := 0
	for _, h := range hosts {
		through += len(r.named(h))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return remote.Ending(r.ended, through, r.alone)
}

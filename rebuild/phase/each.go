package phase

import (
	"context"
	"sync"

	"nixhop/rebuild/report"
)

// Host is a stage of a host of the run.
type Host interface{ Name() string }

// Each takes hosts through one phase, at most limit at a time, and returns those that go on, in their order. What ended
// the others is counted, in their order, too.
func Each[In, Out Host](
	ctx context.Context, t *Tally, say report.Sink, in report.Phase, limit int, hosts []In, do func(context.Context, In) (Out, error),
) []Out {
	type passed struct {
		out Out
		err error
	}
	all := make([]passed, len(hosts))
	turn := make(chan struct{}, max(limit, 1))
	var wait sync.WaitGroup
	for i, h := range hosts {
		turn <- struct{}{} // before it has a stack of its own: of a large fleet most wait here
		wait.Go(func() {
			defer func() { <-turn }()
			if all[i].err = t.mayBegin(ctx, in); all[i].err != nil {
				return
			}
			say(report.Event{Host: h.Name(), Phase: in, Kind: report.Started})
			all[i].out, all[i].err = do(ctx, h)
			t.count(all[i].err)
			for _, name := range t.names(h.Name()) {
				say(report.Event{
					Host: name, Phase: in, Kind: report.Passed, Result: t.madeOf(all[i].out, all[i].err), Text: Why(all[i].err),
				})
			}
		})
	}
	wait.Wait()
	var on []Out
	for i, p := range all {
		if p.err != nil {
			t.Stopped(hosts[i].Name(), in, p.err)
			continue
		}
		on = append(on, p.out)
	}
	return on
}

// madeOf is what a phase has made of a host.
func (t *Tally) madeOf(out Host, err error) report.Result {
	if unchanged, is := out.(interface{ NothingToDo() bool }); is && err == nil && unchanged.NothingToDo() {
		return report.Unchanged
	}
	result := ResultOf(err)
	if result == report.Offline && t.rollout.SkipOffline {
		return report.LeftOut
	}
	return result
}

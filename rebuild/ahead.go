package rebuild

import (
	"context"
	"slices"
	"sync"

	"nixhop/nixexec"
)

// ahead is an evaluation that was done while ssh connected, before all was known that it depends on.
type ahead struct {
	argv []string
	out  []byte
	err  error
}

// lookAhead asks the flake for its names and beside that, where lookUpFacts will want the facts of a configuration, for those of the one
// that it most likely is: this takes longer than all other checks, and ssh mostly waits. done gets the error about the names when both
// have ended.
func (d *deployment) lookAhead(ctx context.Context) (done <-chan error) {
	job, target := d.job, d.target // as they are now: the run goes on to change them
	native := (job.Dialect == nil || job.handsOver()) && !d.checking
	wanted := target != nil && d.source.IsFlake() && d.evaluates() && !d.request.NoCheck && !d.crossing.Wanted() &&
		(job.Target != nil || job.Build != nil) && !native && (target.Listed || d.fixedName())
	answer := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var both sync.WaitGroup
		if wanted {
			both.Go(func() { d.ahead = evaluateAhead(ctx, job, *target) })
		}
		err := d.lookUpNames(ctx)
		if err != nil {
			cancel()
		}
		both.Wait()
		answer <- err
	}()
	return answer
}

// evaluateAhead evaluates the facts of the configuration that is the target's unless the flake has none of that name.
func evaluateAhead(ctx context.Context, job Job, target Target) *ahead {
	chosen, _, err := ChooseConfiguration(target, job.Source, nil, "")
	if err != nil {
		return nil
	}
	job.Configuration = chosen.Name
	a := &ahead{argv: evaluationArgv(job, "--json", factsNix)}
	a.out, a.err = nixexec.Output(ctx, nixexec.Command{Argv: a.argv})
	return a
}

// evaluated is the output of an evaluation, which may have been done ahead.
func (d *deployment) evaluated(ctx context.Context, argv []string) ([]byte, error) {
	if d.ahead != nil && slices.Equal(d.ahead.argv, argv) {
		return d.ahead.out, d.ahead.err
	}
	return nixexec.Output(ctx, nixexec.Command{Argv: argv})
}

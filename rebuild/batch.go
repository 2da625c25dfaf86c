package rebuild

import (
	"context"
	"runtime"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// batch is what the hosts of one run share. None of them may ask anything on the terminal.
type batch struct {
	names func() ([]string, error) // the flake's configurations; looked up once
	turns chan struct{}            // one place for each evaluation that runs at a time
}

// newBatch prepares a batch. A configuration takes one processor and up to a GB of memory while it is evaluated, and two of them share
// nothing: as many are evaluated at a time as there are processors.
func (s *Session) newBatch(ctx context.Context, r request.Request) *batch {
	src := source.FindSource(r, s.Dir, nixexec.Exists, nixexec.Realpath)
	return &batch{
		names: sync.OnceValues(func() ([]string, error) { return source.ConfigurationNames(ctx, src.Flake, r) }),
		turns: make(chan struct{}, runtime.NumCPU()),
	}
}

// evaluating is where an evaluation takes its turn; nil: it need not wait.
func (b *batch) evaluating() chan struct{} {
	if b == nil {
		return nil
	}
	return b.turns
}

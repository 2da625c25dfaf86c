package selection

import (
	"context"
	"sync"

	"nixhop/rebuild/check"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// World is what finding the hosts of a request takes of the world around it.
type World struct {
	Say report.Sink
	Ask prompt.Asker
	Dir string              // working directory, absolute
	Env func(string) string // the environment
}

// Found is what a run is for, with what was read to know it.
type Found struct {
	Choice
	Inventory sshcfg.Inventory
	Source    source.Source
	Kept      *evaluation.Kept
	Names     func() ([]string, error) // the flake's configurations; looked up once, nobody is asked
}

// Find finds the hosts that the words of a request mean, says what there is to say of them, and has somebody say that
// they are meant where nobody has named each. Errors are a *request.UsageError, a *report.CheckError, and those of
// asking.
func Find(ctx context.Context, r request.Request, w World) (f Found, err error) {
	var unread []string
	f.Inventory, unread = source.Inventory(r)
	w.Say.Warnings(unread...)
	if f.Source, err = source.Find(r, w.Dir, w.Env); err != nil {
		return f, err
	}
	f.Kept = evaluation.Keep(ctx, f.Source, r, w.Dir, w.Env)
	f.Names = sync.OnceValues(func() ([]string, error) { return f.Kept.Names(ctx, f.Source, r) })
	f.Choice, err = Choose(r, f.Inventory, f.Source, Look(ctx, r, f.Source, w.Dir, w.Env, f.Names))
	if err == nil && !f.Here && r.Action != "list-generations" {
		err = w.Say.Refuse(check.Unread(report.Here, f.Inventory.Lost)) // the hints there decide what is deployed
	}
	if err != nil {
		return f, err
	}
	w.Say.Info(f.Notes(r.Partition)...)
	if err := f.Confirm(ctx, w.Ask, r); err != nil || f.None() {
		return f, err
	}
	w.Say.Warnings(source.ThroughSudo(r, w.Env))
	return f, nil
}

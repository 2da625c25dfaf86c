// Package rebuild conducts a run: it takes hosts through the stages of a deployment, side by side, and lets none of
// them into a later part of it before all are through the earlier one. What is decided on the way is decided in the
// rooms below, and what is done is done by them: here stands only who comes when. Nothing here prints: everything said
// is an event.
//
// To read: session.go, stages.go, run.go and deploy.go, then a step a file, as deploy.go takes them, and beside
// them say.go and take.go.
package rebuild

import (
	"context"
	"os"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
)

// Session is what main knows about the world around a run, handed down once.
type Session struct {
	Stdio nixexec.Stdio       // the real files, for the one foreground child of a run
	Say   report.Sink         // takes everything else that is said
	Ask   prompt.Asker        // who is asked
	Pass  prompt.Asker        // who is asked for a password: on the terminal, wherever standard error goes
	Env   func(string) string // os.Getenv, or a table in tests
	Dir   string              // working directory, absolute
	Self  os.FileInfo         // the running executable, so that nixhop never calls itself as nixos-rebuild
}

// prepare finds the hosts of a request, and prepares their run; nil: it would have none.
func (s Session) prepare(ctx context.Context, r request.Request, checking bool) (*Run, []Placed, error) {
	chosen, err := selection.Find(ctx, r, selection.World{Say: s.Say, Ask: s.Ask, Dir: s.Dir, Env: s.Env})
	if err != nil || chosen.None() {
		return nil, nil, err
	}
	if checking {
		r.Action, r.JSON = "switch", false
	}
	run, placed, err := s.newRun(ctx, r, chosen.Source, chosen.Inventory, chosen.Each(), checking)
	if err == nil {
		run.names, run.evaluator.Kept = chosen.Names, chosen.Kept
	}
	return run, placed, err
}

// with prepares a run, has it done where there is one, and ends what it has begun.
func (s Session) with(ctx context.Context, r request.Request, checking bool, do func(context.Context, *Run, []Placed) error) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()
	run, placed, err := s.prepare(ctx, r, checking)
	if err != nil || run == nil {
		return err
	}
	defer run.net.Close()
	defer end() // what goes on beside the run
	return do(ctx, run, placed)
}

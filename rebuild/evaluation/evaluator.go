package evaluation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Evaluator has nix evaluate for the hosts of a run.
type Evaluator struct {
	Stdio   nixexec.Stdio // the terminal, where it may be nix's
	Alone   bool          // it may: there is one host
	Deploys bool          // what is evaluated is for this run alone: behind a check, a nixos-rebuild may look for it in Nix's cache
	Asks    bool          // somebody is there whom nix can ask
	Turns   *Turns        // places for those that run in the background
	Pause   func() func() // is called while nix has a question; nil: nobody wants to know
	Again   func()        // is called before an evaluation is done anew, for nix had nobody to ask
	Kept    *Kept         // of the flake, from run to run
}

// mayAsk reports whether what nix could not do in the background is worth a second try on the terminal.
func (v Evaluator) mayAsk(err error) bool { return v.Asks && HadNobodyToAsk(err) }

// Told waits for the facts that an evaluation to the derivation tells before its long part, which goes on. ahead is
// one that was begun already, if it is of the same command. One that had nobody to ask is done once more, on the
// terminal.
func (v Evaluator) Told(ctx context.Context, ahead *Evaluation, q Question, show func([]byte)) (*Evaluation, source.Facts, error) {
	e := ahead.If(q.Argv)
	if e == nil {
		e = v.openly(ctx, q, show)
	}
	known, told := e.Facts()
	if told {
		return e, known, nil
	}
	_, err := e.Wait()
	e.Listen()
	if v.mayAsk(err) {
		v.Again()
		e = v.openly(ctx, q, show)
		if known, told = e.Facts(); told {
			return e, known, nil
		}
		_, err = e.Wait()
	}
	return e, known, err
}

// Derivation waits for the derivation of an evaluation that has told its facts. Where nix had nobody to ask only
// behind them, it is done once more.
func (v Evaluator) Derivation(ctx context.Context, e *Evaluation, q Question, show func([]byte)) (string, *Evaluation, error) {
	e.Listen()
	out, err := e.Wait()
	if v.mayAsk(err) {
		v.Again()
		e = v.openly(ctx, q, show)
		e.Facts()
		e.Listen()
		out, err = e.Wait()
	}
	path := strings.TrimSpace(nixexec.LastLine(out))
	if err == nil && !nixexec.StorePath.MatchString(path) {
		err = fmt.Errorf("evaluating: nix printed no store path but %q", nixexec.Printable(path))
	}
	return path, e, err
}

// Makes is the store path that the derivation of an evaluation makes, without building it; empty where only a build
// tells, or there is none. It is asked of Nix where that was not done before.
func (v Evaluator) Makes(ctx context.Context, e *Evaluation, derivation string) string {
	switch {
	case e == nil || derivation == "":
		return ""
	case e.makes == "":
		v.Turns.ask(func() { e.makes, _ = makes(ctx, derivation) })
	}
	return e.makes
}

// Facts waits for the facts of a question that is about no more. The evaluation is nil where it has ended with them.
func (v Evaluator) Facts(ctx context.Context, ahead *Evaluation, q Question, show func([]byte)) (*Evaluation, source.Facts, error) {
	e := ahead.If(q.Argv)
	if e == nil {
		e = v.Begin(ctx, q, show)
	}
	known, told := <-e.told
	if told {
		if q.Wanted.Cross != "" && len(known.Refused) == 0 {
			known.BuildSystem = q.Wanted.Cross
		}
		if e.whole {
			return e, known, nil
		}
		return nil, known, nil
	}
	_, err := e.Wait()
	if v.mayAsk(err) {
		var out string
		if out, err = nixexec.Capture(ctx, q.Command, v.Stdio); err == nil {
			known, err = source.ReadFacts(out)
		}
	}
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		return nil, source.Facts{}, q.Wanted.Failure(err)
	}
	return nil, known, err
}

// Names are the flake's configurations as names has them, or looked up once more on the terminal where nix had nobody
// to ask.
func (v Evaluator) Names(ctx context.Context, flake string, r request.Request, names func() ([]string, error)) ([]string, error) {
	all, err := names()
	if v.mayAsk(err) {
		return source.NamesOpenly(ctx, flake, r, v.Stdio)
	}
	return all, err
}

// If is the evaluation if it is of this command; else it is ended, and there is none.
func (e *Evaluation) If(argv []string) *Evaluation {
	if e == nil || slices.Equal(e.argv, argv) {
		return e
	}
	e.Drop(context.Canceled)
	return nil
}

// Drop ends an evaluation that is not wanted any more; nil is none.
func (e *Evaluation) Drop(cause error) {
	if e != nil {
		e.Stop(cause)
		_, _ = e.Wait()
	}
}

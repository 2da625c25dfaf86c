package evaluation

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

// noCache keeps a nix off the cache of evaluations. Two that write to it get in each other's way, so that one of them
// is not kept; a plain `nix eval` gets nothing from it.
const noCache = "--no-eval-cache"

// runner runs nix, and lets each line that it says be seen.
type runner func(command nixexec.Command, see func(string) bool) (stdout string, err error)

// answer answers a question for an evaluation: by one run of nix, which tells the facts on the way to the derivation,
// or, where the evaluation comes out the same in every run, from what is kept. Of a flake that sets something for Nix,
// Nix has to say in each run whether it may.
func (v Evaluator) answer(ctx context.Context, e *Evaluation, q Question, run runner) (string, error) {
	l := v.Kept.locked(q.Wanted)
	e.whole = q.Reach == ToDerivation || q.Reach == ToCache && l.Fingerprint != ""
	if l.Fingerprint != "" {
		return v.fromKept(ctx, e, q, l, run)
	}
	out, err := run(q.Command, e.take)
	if err == nil && !e.whole {
		err = e.tellPrinted(out)
	}
	return out, err
}

// tellPrinted tells the facts that nix has printed.
func (e *Evaluation) tellPrinted(out string) error {
	known, err := source.ReadFacts(out)
	if err == nil {
		e.tell(known)
	}
	return err
}

// fromKept answers a question about a flake that stays as it is, as far as that can be from what is kept.
func (v Evaluator) fromKept(ctx context.Context, e *Evaluation, q Question, l Lock, run runner) (string, error) {
	name := q.Wanted.Configuration
	derivation, before := v.Kept.derivation(l, name)
	known, told := source.Facts{}, false
	if l.Quiet {
		known, told = v.Kept.facts(l.Fingerprint, name)
	}
	if !told && before && (l.Quiet || q.Reach == ToFacts) {
		known, told = v.Kept.facts(derivation, name)
	}
	if told {
		e.tell(known)
	}
	switch {
	case q.Reach == ToFacts && told:
		return "", nil
	case q.Reach == ToFacts:
		out, err := run(q.Command, e.take)
		if err == nil {
			err = e.tellPrinted(out)
		}
		if known, bad := source.ReadFacts(out); err == nil && bad == nil && l.Quiet {
			v.Kept.keepFacts(l.Fingerprint, name, known)
		}
		return out, err
	case q.Reach == ToDerivation && before && told && l.Quiet:
		var there bool
		if v.Turns.ask(func() { e.makes, there = makes(ctx, derivation) }); there {
			return derivation, nil
		}
	}
	if cold := !before && !told; cold && q.Reach == ToDerivation && l.Quiet && !v.Alone && v.Deploys {
		return v.tried(ctx, e, q, l, run)
	}
	return v.fromCache(ctx, e, q, l, !before && !told, run, nil)
}

// makes is the store path that a derivation makes, which need not be there; empty where only its build tells. valid
// reports whether the derivation itself is still in the store.
func makes(ctx context.Context, derivation string) (path string, valid bool) {
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: []string{"nix-store", "--query", "--outputs", derivation}})
	if path = strings.TrimSpace(string(out)); !nixexec.StorePath.MatchString(path) {
		path = ""
	}
	return path, err == nil
}

// fromCache has Nix tell the derivation, from its cache or into it. Where the facts are not to be expected among what
// is kept (cold) they are asked for at the same time: they come much earlier where Nix has to evaluate, which ends a
// trial.
func (v Evaluator) fromCache(ctx context.Context, e *Evaluation, q Question, l Lock, cold bool, run runner, t *trial) (string, error) {
	var small *facting
	if cold {
		small = v.beside(ctx, e, q, t)
	}
	out, err := run(q.cached(), e.unlessCached)
	if t != nil {
		t.end(err == nil && e.peak < light)
	}
	if cachedFailure(err) {
		out, err = run(q.cached(noCache), e.take)
	}
	derivation := strings.TrimSpace(nixexec.LastLine(out))
	if err != nil || !nixexec.StorePath.MatchString(derivation) {
		small.drop()
		return out, err
	}
	v.Kept.keepDerivation(l, q.Wanted.Configuration, derivation)
	return out, v.tellFacts(ctx, e, q, l, derivation, small)
}

// tellFacts tells the facts of a derivation: those that are kept, or what a look at them says, which may have begun.
func (v Evaluator) tellFacts(ctx context.Context, e *Evaluation, q Question, l Lock, derivation string, small *facting) error {
	known, kept := v.Kept.facts(derivation, q.Wanted.Configuration)
	if !kept && small == nil && l.Quiet {
		if known, kept = v.Kept.facts(l.Fingerprint, q.Wanted.Configuration); kept {
			v.Kept.keepFacts(derivation, q.Wanted.Configuration, known)
		}
	}
	if kept {
		small.drop()
		e.tell(known)
		return nil
	}
	if small == nil {
		small = v.beside(ctx, e, q, nil)
	}
	var err error
	known, err = small.wait()
	if err != nil {
		e.add(small.look.Heard(), func(string) bool { return true })
		return err
	}
	v.Kept.keepFacts(derivation, q.Wanted.Configuration, known)
	if l.Quiet {
		v.Kept.keepFacts(l.Fingerprint, q.Wanted.Configuration, known)
	}
	return nil
}

// facting is a look at the facts beside an evaluation, which tells them.
type facting struct {
	look  *Evaluation
	ended chan struct{}
	known source.Facts
	err   error
}

// beside asks for the facts alone. What nix says then, the evaluation itself says, too. A trial that has not ended by
// then has found that Nix evaluates.
func (v Evaluator) beside(ctx context.Context, e *Evaluation, q Question, t *trial) *facting {
	alone := Ask(q.Wanted, ToFacts, nil)
	alone.Argv = append(alone.Argv, noCache)
	alone.Wanted = source.Wanted{}
	f := &facting{look: v.Begin(ctx, alone, func([]byte) {}), ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		var out string
		if out, f.err = f.look.Wait(); f.err == nil {
			f.known, f.err = source.ReadFacts(out)
		}
		if t != nil {
			t.end(false)
		}
		if f.err == nil {
			e.add(f.look.Heard(), source.AboutSettings) // the other nix may not have begun yet
			e.tell(f.known)
		}
	}()
	return f
}

// add adds lines that another nix has said, unseen, to what is heard.
func (e *Evaluation) add(said []byte, which func(line string) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for line := range strings.Lines(string(said)) {
		if which(line) {
			_, _ = io.WriteString(e.stream, line)
		}
	}
}

func (f *facting) wait() (source.Facts, error) {
	<-f.ended
	return f.known, f.err
}

// drop ends it; nil is none.
func (f *facting) drop() {
	if f != nil {
		f.look.Drop(context.Canceled)
		<-f.ended
	}
}

// failedBefore is what Nix says in place of an error, or as if an attribute were not there, where its cache knows that
// one has failed, be it because another nix has just evaluated it (nix: src/libexpr/eval-cache.cc; seen with 2.8).
var failedBefore = regexp.MustCompile(`cached failure of attribute|is not an attribute set|is not a derivation|does not provide attribute`)

// cachedFailure reports whether nix may have kept to itself what is wrong.
func cachedFailure(err error) bool {
	var exit *nixexec.ExitError
	return errors.As(err, &exit) && !nixexec.Interrupted(err) && failedBefore.MatchString(exit.Stderr)
}

// busy is what Nix says where another nix writes to its cache at that moment, and then does without (nix:
// src/libexpr/eval-cache.cc, src/libstore/sqlite.cc).
var busy = regexp.MustCompile(`^error \(ignored\): .*SQLite database .*/eval-cache-.* is busy`)

// unlessCached takes a line, unless it is about the cache alone. It may say only that something has failed before: then
// that is asked for.
func (e *Evaluation) unlessCached(line string) bool {
	return !failedBefore.MatchString(line) && !busy.MatchString(line) && e.take(line)
}

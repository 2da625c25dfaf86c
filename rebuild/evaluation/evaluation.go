// Package evaluation has nix evaluate configurations for the hosts of a run, and keeps from run to run what would come
// out the same again.
package evaluation

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

// heardLimit is how much is kept of what nix says, in bytes.
const heardLimit = 1 << 20

// Evaluation is nix at work on a configuration. What it says is kept until somebody listens: it may have begun before
// anybody wanted it, and what it says behind the facts is no news where they doom the deployment.
type Evaluation struct {
	argv   []string
	show   func([]byte)      // where it is listened to
	hushed bool              // what nix says of settings of the flake is not shown: the user is asked about them
	told   chan source.Facts // the configuration's own, at most once; closed at the end
	whole  bool              // it goes to the derivation; valid once it has told its facts, or ended
	peak   int64             // what its last nix has taken, in bytes; 0: not known, as in the foreground
	ended  chan struct{}
	cancel context.CancelCauseFunc

	// Valid once it has ended.
	out   string
	err   error
	makes string // the store path that its derivation makes; empty: nobody has asked

	mu      sync.Mutex
	ring    *nixexec.Ring // what it has said
	stream  io.Writer     // into that
	factual *source.Facts // those that were told; nil: none yet
	heeded  bool          // somebody listens
	kept    *nixexec.Ring // what nobody has listened to yet
	keeping io.Writer     // into that
}

func newEvaluation(ctx context.Context, argv []string, hushed bool, show func([]byte)) (context.Context, *Evaluation) {
	ctx, cancel := context.WithCancelCause(ctx)
	ring := nixexec.NewRing(heardLimit)
	e := &Evaluation{
		argv: argv, hushed: hushed, ring: ring, stream: ring.Stream(), show: show, cancel: cancel,
		told: make(chan source.Facts, 1), ended: make(chan struct{}),
	}
	e.keep()
	return ctx, e
}

// keep forgets what was kept.
func (e *Evaluation) keep() {
	e.kept = nixexec.NewRing(heardLimit)
	e.keeping = e.kept.Stream()
}

// Begin begins an evaluation in the background, where nix can ask nobody anything, as soon as there is room in the
// evaluator's turns. What it says goes to show once somebody listens, one call at a time.
func (v Evaluator) Begin(ctx context.Context, q Question, show func([]byte)) *Evaluation {
	ctx, e := newEvaluation(ctx, q.Argv, v.Alone && v.Asks, show)
	go func() {
		defer e.end()
		e.out, e.err = v.answer(ctx, e, q, func(command nixexec.Command, see func(string) bool) (string, error) {
			if err := v.Turns.take(ctx); err != nil {
				return "", err
			}
			e.peak = 0
			command.Peak = func(bytes int64) { e.peak = bytes }
			defer func() { v.Turns.give(e.peak) }()
			out, err := nixexec.OutputLines(ctx, command, see, e.pass)
			return string(out), err
		})
	}()
	return e
}

// openly begins it in the foreground, where what nix runs can ask, too; side by side with others nobody can.
func (v Evaluator) openly(ctx context.Context, q Question, show func([]byte)) *Evaluation {
	if !v.Alone {
		return v.Begin(ctx, q, show)
	}
	ctx, e := newEvaluation(ctx, q.Argv, v.Asks, func(text []byte) {
		if v.Stdio.Err != nil {
			_, _ = v.Stdio.Err.Write(text)
		}
	})
	go func() {
		defer e.end()
		e.out, e.err = v.answer(ctx, e, q, func(command nixexec.Command, see func(string) bool) (string, error) {
			return nixexec.Watch(ctx, command, v.Stdio, see)
		})
	}()
	return e
}

func (e *Evaluation) end() {
	close(e.told)
	close(e.ended)
}

// take takes a line that nix has said, and reports whether it is to be shown now. The configuration may print the line
// of the facts once more, with whatever it likes: the first one counts.
func (e *Evaluation) take(line string) (now bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := source.ParseFacts(line); ok {
		e.toldNow(known)
		return false
	}
	_, _ = io.WriteString(e.stream, line+"\n")
	if e.hushed && source.AboutSettings(line) {
		return false
	}
	if !e.heeded {
		_, _ = io.WriteString(e.keeping, line+"\n")
	}
	return e.heeded
}

// toldNow hands out the facts, unless that was done. What nix says from now on is kept again.
func (e *Evaluation) toldNow(known source.Facts) {
	if e.factual == nil {
		e.factual, e.heeded = &known, false
		e.told <- known
	}
}

// tell tells facts that come from elsewhere than from what nix says.
func (e *Evaluation) tell(known source.Facts) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.toldNow(known)
}

// known are the facts that were told; nil: none yet.
func (e *Evaluation) known() *source.Facts {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.factual
}

// pass shows what is to be shown now. A line that was too long to be taken is kept, too, until somebody listens.
func (e *Evaluation) pass(text []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heeded {
		e.show(text)
		return
	}
	_, _ = e.keeping.Write(text)
}

// Facts waits for the facts. What nix says meanwhile is shown, unless they are there already. false: it ended without
// them.
func (e *Evaluation) Facts() (source.Facts, bool) {
	select {
	case known, told := <-e.told:
		return known, told
	default:
	}
	e.Listen()
	known, told := <-e.told
	return known, told
}

// Listen shows what was kept, and from now on lets everything be shown as it comes, but for what comes behind the
// facts: for that, listen again.
func (e *Evaluation) Listen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if kept := e.kept.Bytes(); len(kept) > 0 {
		e.show(kept)
	}
	e.heeded = true
	e.keep()
}

// Ended reports whether it has come to its end; so has one that never began.
func (e *Evaluation) Ended() bool {
	if e == nil {
		return true
	}
	select {
	case <-e.ended:
		return true
	default:
		return false
	}
}

// Argv is what runs.
func (e *Evaluation) Argv() []string { return e.argv }

// Heard is the end of what nix has said.
func (e *Evaluation) Heard() []byte { return e.ring.Bytes() }

// Stop ends the evaluation for a cause.
func (e *Evaluation) Stop(cause error) { e.cancel(cause) }

// Wait waits for the end and returns what nix printed.
func (e *Evaluation) Wait() (string, error) {
	<-e.ended
	e.cancel(nil)
	return e.out, e.err
}

// unheardQuestions lists what the programs that nix runs say where they wanted to ask and there was no terminal: git
// for a name and a password, ssh for a passphrase, a password or a word on a host key (git: prompt.c; openssh:
// readpass.c, sshconnect.c).
var unheardQuestions = []string{
	"could not read Username", "could not read Password", "Permission denied (", "Host key verification failed",
}

// HadNobodyToAsk reports whether what nix could not do in the background is worth a second try on a terminal.
func HadNobodyToAsk(err error) bool {
	var exit *nixexec.ExitError
	var broken *source.EvaluationError
	said := ""
	switch {
	case nixexec.Interrupted(err):
	case errors.As(err, &broken):
		said = broken.Stderr
	case errors.As(err, &exit):
		said = exit.Stderr
	}
	return slices.ContainsFunc(unheardQuestions, func(text string) bool { return strings.Contains(said, text) })
}

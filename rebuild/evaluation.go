package rebuild

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/source"
)

// evaluation is nix at work on a configuration. What it says is kept until somebody listens: it may have begun before anybody wanted it, and
// what it says behind the facts is no news where they doom the deployment.
type evaluation struct {
	argv   []string
	heard  *hearing
	file   *os.File               // where it is listened to
	told   chan source.FlakeFacts // the configuration's own, at most once; closed at the end
	ended  chan struct{}
	cancel context.CancelCauseFunc

	// Valid once it has ended.
	out string
	err error

	mu      sync.Mutex
	stream  io.Writer     // into what was heard
	factual bool          // the facts were told
	heeded  bool          // somebody listens
	kept    *nixexec.Ring // what nobody has listened to yet
	keeping io.Writer     // into that
}

func newEvaluation(ctx context.Context, step plan.Step, file *os.File) (context.Context, *evaluation) {
	ctx, cancel := context.WithCancelCause(ctx)
	ring := nixexec.NewRing(heardLimit)
	e := &evaluation{
		argv: step.Command.Argv, heard: &hearing{step: step, ring: ring}, stream: ring.Stream(), file: file, cancel: cancel,
		told: make(chan source.FlakeFacts, 1), ended: make(chan struct{}),
	}
	e.keep()
	return ctx, e
}

// keep forgets what was kept.
func (e *evaluation) keep() {
	e.kept = nixexec.NewRing(heardLimit)
	e.keeping = e.kept.Stream()
}

// evaluateQuietly begins an evaluation in the background, where nix can ask nobody anything, as soon as there is room in turns (nil: at once).
func evaluateQuietly(ctx context.Context, step plan.Step, file *os.File, turns chan struct{}) *evaluation {
	ctx, e := newEvaluation(ctx, step, file)
	go func() {
		defer e.end()
		if turns != nil {
			turns <- struct{}{}
			defer func() { <-turns }()
		}
		out, err := nixexec.OutputLines(ctx, step.Command, e.take, e.pass)
		e.out, e.err = string(out), err
	}()
	return e
}

// evaluateOpenly begins an evaluation in the foreground, where nix can ask, too.
func evaluateOpenly(ctx context.Context, step plan.Step, s nixexec.Stdio) *evaluation {
	ctx, e := newEvaluation(ctx, step, s.Err)
	go func() {
		defer e.end()
		e.out, e.err = nixexec.Watch(ctx, step.Command, s, e.take)
	}()
	return e
}

func (e *evaluation) end() {
	close(e.told)
	close(e.ended)
}

// take takes a line that nix has said, and reports whether it is to be shown now. The configuration may print the line of the facts once
// more, with whatever it likes: the first one counts.
func (e *evaluation) take(line string) (now bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := source.ParseFacts(line); ok {
		if !e.factual {
			e.factual, e.heeded = true, false
			e.told <- known
		}
		return false
	}
	_, _ = io.WriteString(e.stream, line+"\n")
	if !e.heeded {
		_, _ = io.WriteString(e.keeping, line+"\n")
	}
	return e.heeded
}

// pass shows what is to be shown now. A line that was too long to be taken is kept, too, until somebody listens.
func (e *evaluation) pass(text []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.heeded {
		e.show(text)
		return
	}
	_, _ = e.keeping.Write(text)
}

// listen shows what was kept, and from now on lets everything be shown as it comes, but for what comes behind the facts: for that, listen again.
func (e *evaluation) listen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.show(e.kept.Bytes())
	e.heeded = true
	e.keep()
}

func (e *evaluation) show(text []byte) {
	if e.file != nil {
		_, _ = e.file.Write(text)
	}
}

// stop ends the evaluation for a cause.
func (e *evaluation) stop(cause error) { e.cancel(cause) }

// wait waits for the end and returns what nix printed.
func (e *evaluation) wait() (string, error) {
	<-e.ended
	e.cancel(nil)
	return e.out, e.err
}

// unheardQuestions lists what the programs that nix runs say where they wanted to ask and there was no terminal: git for a name and a password,
// ssh for a passphrase, a password or a word on a host key (git: prompt.c; openssh: readpass.c, sshconnect.c).
var unheardQuestions = []string{
	"could not read Username", "could not read Password", "Permission denied (", "Host key verification failed",
}

// mayAsk reports whether what nix could not do in the background is worth a second try on the terminal.
func (d *deployment) mayAsk(err error) bool {
	if d.batch != nil || !d.session.Interactive {
		return false
	}
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

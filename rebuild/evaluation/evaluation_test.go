package evaluation

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

const (
	tellsFacts = `echo 'trace: nixhop-facts {"hostName":"n1","system":"x86_64-linux"}' >&2; `
	tellsOther = `echo 'trace: nixhop-facts {"hostName":"n2"}' >&2; `
)

// evaluating is a nix that is a shell script.
func evaluating(script string) Question {
	return Question{Command: nixexec.Command{Argv: []string{"/bin/sh", "-c", script}}, Reach: ToDerivation}
}

// screen is what was shown, and can be waited on.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	seen map[string]chan struct{}
}

// newScreen is a screen on which these texts are waited for.
func newScreen(waited ...string) *screen {
	s := &screen{seen: map[string]chan struct{}{}}
	for _, text := range waited {
		s.seen[text] = make(chan struct{})
	}
	return s
}

func (s *screen) show(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(text)
	for wanted, seen := range s.seen {
		if strings.Contains(s.text.String(), wanted) {
			close(seen)
			delete(s.seen, wanted)
		}
	}
}

func (s *screen) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// gate holds a script back: `read go <PATH` goes on when it is opened.
func gate(t *testing.T) (path string, open func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, func() {
		if err := os.WriteFile(path, []byte("go\n"), 0); err != nil {
			t.Error(err)
		}
	}
}

// bounded ends a test that hangs.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// What nix says is kept until somebody listens, and what it says behind the facts until they are found good.
func TestEvaluationKeepsItsWords(t *testing.T) {
	const said = "fetching\nwarning\nlate\n"
	command := evaluating("echo fetching >&2; " + tellsFacts + "echo warning >&2; " +
		tellsOther + "echo late >&2; echo result")
	screenFile := func(t *testing.T) (*os.File, func() string) {
		file, err := os.Create(filepath.Join(t.TempDir(), "screen"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file, func() string {
			text, err := os.ReadFile(file.Name())
			if err != nil {
				t.Error(err)
			}
			return string(text)
		}
	}
	for how, begin := range map[string]func(*testing.T) (*Evaluation, func() string){
		"quietly": func(t *testing.T) (*Evaluation, func() string) {
			s := newScreen()
			return evaluator(nil).Begin(bounded(t), command, s.show), s.shown
		},
		"openly": func(t *testing.T) (*Evaluation, func() string) {
			file, shown := screenFile(t)
			return Evaluator{Alone: true, Stdio: nixexec.Stdio{Err: file}}.openly(bounded(t), command, nil), shown
		},
	} {
		t.Run(how, func(t *testing.T) {
			e, shown := begin(t)
			out, err := e.Wait()
			if out != "result\n" || err != nil || !slices.Equal(e.Argv(), command.Argv) {
				t.Errorf("%q printed %q, %v", e.Argv(), out, err)
			}
			known, told := e.Facts()
			if !told || known.HostName != "n1" || known.System != "x86_64-linux" {
				t.Errorf("told %v %+v", told, known)
			}
			if text := shown(); text != "" {
				t.Errorf("nobody has listened, and %q was shown", text)
			}
			e.Listen()
			if text := shown(); text != said {
				t.Errorf("shown %q, want %q", text, said)
			}
			e.Listen()
			if text := shown(); text != said {
				t.Errorf("shown twice: %q", text)
			}
			if heard := string(e.Heard()); heard != said {
				t.Errorf("heard %q, want %q", heard, said)
			}
		})
	}
}

// Who waits for the facts sees what nix says before them, and not what it says behind.
func TestEvaluationFactsFirst(t *testing.T) {
	path, open := gate(t)
	s := newScreen("before\n")
	seen := s.seen["before\n"]
	e := evaluator(nil).Begin(bounded(t), evaluating("echo before >&2; read go <"+path+"; "+tellsFacts+"echo behind >&2"), s.show)
	go func() {
		<-seen // only who listens lets it go on
		open()
	}()
	if known, told := e.Facts(); !told || known.HostName != "n1" {
		t.Errorf("told %v %+v", told, known)
	}
	if _, err := e.Wait(); err != nil || s.shown() != "before\n" {
		t.Errorf("%v: shown %q", err, s.shown())
	}
	e.Listen()
	if text := s.shown(); text != "before\nbehind\n" {
		t.Errorf("shown %q", text)
	}
}

// Once somebody listens, each line is shown when it comes; an evaluation may end without a word of its facts.
func TestEvaluationIsListenedTo(t *testing.T) {
	path, open := gate(t)
	s := newScreen("one\n")
	seen := s.seen["one\n"]
	e := evaluator(nil).Begin(bounded(t), evaluating("echo one >&2; read go <"+path+"; echo two >&2; exit 3"), s.show)
	e.Listen()
	<-seen
	open()
	if _, told := e.Facts(); told {
		t.Error("facts were told that nobody has told")
	}
	var exit *nixexec.ExitError
	if _, err := e.Wait(); !errors.As(err, &exit) || exit.Code != 3 || exit.Stderr != "one\ntwo\n" {
		t.Errorf("got %v", err)
	}
	if s.shown() != "one\ntwo\n" {
		t.Errorf("shown %q", s.shown())
	}
}

// A line of any length is shown, though only its beginning where it had to be kept.
func TestEvaluationLongLine(t *testing.T) {
	const length = 100000
	path, open := gate(t)
	s := newScreen()
	long := "head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; "
	script := long + "echo kept >&2; " + tellsFacts + "read go <" + path + "; " + long
	e := evaluator(nil).Begin(bounded(t), evaluating(script), s.show)
	if _, told := <-e.told; !told {
		t.Error("no facts were told")
	}
	e.Listen()
	kept := s.shown()
	if len(kept) < length/2 || !strings.HasSuffix(kept, "x\nkept\n") {
		t.Errorf("%d bytes were kept, up to %q", len(kept), kept[max(0, len(kept)-10):])
	}
	open()
	if _, err := e.Wait(); err != nil || len(s.shown())-len(kept) != length+1 {
		t.Errorf("%v: %d bytes were shown", err, len(s.shown())-len(kept))
	}
}

// An evaluation that is stopped ends, and what stopped it is its error.
func TestEvaluationIsStopped(t *testing.T) {
	path, _ := gate(t)
	for what, stop := range map[string]func(e *Evaluation, cancel context.CancelCauseFunc, why error){
		"by itself": func(e *Evaluation, _ context.CancelCauseFunc, why error) { e.Stop(why) },
		"the run":   func(_ *Evaluation, cancel context.CancelCauseFunc, why error) { cancel(why) },
	} {
		ctx, cancel := context.WithCancelCause(bounded(t))
		e := evaluator(nil).Begin(ctx, evaluating(tellsFacts+"exec cat "+path), newScreen().show)
		<-e.told
		why := errors.New("a check has failed")
		stop(e, cancel, why)
		if _, err := e.Wait(); !errors.Is(err, why) {
			t.Errorf("%s: got %v", what, err)
		}
		cancel(nil)
	}
}

// A configuration that prints without end costs no more than what is kept.
func TestEvaluationIsBounded(t *testing.T) {
	e := evaluator(nil).Begin(bounded(t), evaluating("yes traced | head -n 300000 >&2; echo last >&2"), newScreen().show)
	if _, err := e.Wait(); err != nil {
		t.Fatal(err)
	}
	for what, kept := range map[string][]byte{"kept": e.kept.Bytes(), "heard": e.Heard()} {
		if len(kept) > heardLimit || !strings.HasSuffix(string(kept), "traced\nlast\n") {
			t.Errorf("%d bytes are %s, up to %q", len(kept), what, kept[max(0, len(kept)-20):])
		}
	}
}

// evaluator has room for what is in turns; nil: for one.
func evaluator(turns *Turns) Evaluator {
	if turns == nil {
		turns = room(1)
	}
	return Evaluator{Turns: turns}
}

// room has so many turns, whatever one takes.
func room(n int) *Turns { return NewTurns(func(int64) int { return n }) }

// One that waits for its turn can be ended.
func TestEvaluationEndsWhileItWaits(t *testing.T) {
	turns, why := room(0), errors.New("not wanted any more")
	e := evaluator(turns).Begin(bounded(t), evaluating("exit 3"), newScreen().show)
	e.Drop(why)
	if out, err := e.Wait(); out != "" || !errors.Is(err, why) {
		t.Errorf("got %q, %v", out, err)
	}
}

// Of several only as many are at work as there is room for.
func TestEvaluationTurns(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	turns := room(1)
	var all []*Evaluation
	for range 4 {
		e := evaluator(turns).Begin(bounded(t), evaluating("mkdir "+taken+" && cat /dev/null && rmdir "+taken), newScreen().show)
		all = append(all, e)
	}
	for _, e := range all {
		if _, err := e.Wait(); err != nil {
			t.Errorf("two were at work: %v, %s", err, e.Heard())
		}
	}
	if turns.running != 0 || turns.peak < 1<<20 { // a shell takes that, and less than a gigabyte
		t.Errorf("%d turns were not given back, after %d bytes", turns.running, turns.peak)
	}
}

func TestHadNobodyToAsk(t *testing.T) {
	const asked = "error: program 'git' failed with exit code 128\n" +
		"fatal: could not read Username for 'https://git.example': No such device or address\n"
	const denied = "git@git.example: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n"
	const unknown = "Host key verification failed.\r\nfatal: Could not read from remote repository.\n"
	exit := func(text string) error { return &nixexec.ExitError{Program: "nix", Code: 1, Stderr: text} }
	for _, c := range []struct {
		what string
		err  error
		want bool
	}{
		{"https", exit(asked), true},
		{"a password", exit(strings.Replace(asked, "Username", "Password", 1)), true},
		{"a key with a passphrase", exit(denied), true},
		{"an unknown host", exit(unknown), true},
		{"the names", &source.EvaluationError{Flake: ".", Stderr: denied}, true},
		{"a mistake in the configuration", exit("error: undefined variable 'pkg'"), false},
		{"a mistake in the flake", &source.EvaluationError{Flake: ".", Stderr: "error: undefined variable 'pkg'"}, false},
		{"Ctrl-C", &nixexec.InterruptedError{Signal: syscall.SIGINT, Err: exit(denied)}, false},
		{"no nix", io.EOF, false},
		{"nothing", nil, false},
	} {
		if got := HadNobodyToAsk(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

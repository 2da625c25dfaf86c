package rebuild

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

const toldLine = `echo 'trace: nixhop-facts {"hostName":"n1","system":"x86_64-linux"}' >&2; `

// evaluating is a step whose nix is a shell script.
func evaluating(script string) plan.Step {
	return plan.Step{Name: "evaluate", Command: nixexec.Command{Argv: []string{"/bin/sh", "-c", script}}}
}

// screen is a file and what was written to it.
func screen(t *testing.T) (*os.File, func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "screen"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file, func() string {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// What nix says is kept until somebody listens, and what it says behind the facts until they are found good.
func TestEvaluationKeepsItsWords(t *testing.T) {
	file, shown := screen(t)
	begin := map[string]func(context.Context, plan.Step) *evaluation{
		"quietly": func(ctx context.Context, s plan.Step) *evaluation { return evaluateQuietly(ctx, s, file, nil) },
		"openly": func(ctx context.Context, s plan.Step) *evaluation {
			return evaluateOpenly(ctx, s, nixexec.Stdio{Err: file})
		},
	}
	for how, begin := range begin {
		t.Run(how, func(t *testing.T) {
			before := len(shown())
			e := begin(t.Context(), evaluating("echo fetching >&2; "+toldLine+"echo warning >&2; "+toldLine+"echo late >&2; echo result"))
			known, told := <-e.told
			if !told || known.HostName != "n1" || known.System != "x86_64-linux" {
				t.Errorf("told %v %+v", told, known)
			}
			out, err := e.wait()
			if out != "result\n" || err != nil {
				t.Errorf("got %q, %v", out, err)
			}
			if text := shown()[before:]; text != "" {
				t.Errorf("nobody has listened, and %q was shown", text)
			}
			e.listen()
			if text := shown()[before:]; text != "fetching\nwarning\nlate\n" {
				t.Errorf("shown %q", text)
			}
			if said := string(e.heard.ring.Bytes()); said != "fetching\nwarning\nlate\n" {
				t.Errorf("heard %q", said)
			}
		})
	}
}

// Once somebody listens, each line is shown when it comes.
func TestEvaluationIsListenedTo(t *testing.T) {
	file, shown := screen(t)
	fifo := filepath.Join(t.TempDir(), "go")
	wait := "while [ ! -e " + fifo + " ]; do sleep 0.01; done; "
	e := evaluateQuietly(t.Context(), evaluating("echo one >&2; "+wait+"echo two >&2"), file, nil)
	e.listen()
	if err := os.WriteFile(fifo, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, told := <-e.told; told {
		t.Error("facts were told that nobody has told")
	}
	if _, err := e.wait(); err != nil || shown() != "one\ntwo\n" {
		t.Errorf("%v: shown %q", err, shown())
	}
}

// A line of any length is shown, though only its beginning where it had to be kept.
func TestEvaluationLongLine(t *testing.T) {
	file, shown := screen(t)
	gate := filepath.Join(t.TempDir(), "go")
	long := "head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; "
	e := evaluateQuietly(t.Context(), evaluating(long+"echo kept >&2; "+toldLine+"while [ ! -e "+gate+" ]; do sleep 0.01; done; "+long), file, nil)
	<-e.told
	e.listen()
	kept := shown()
	if len(kept) < 50000 || !strings.HasSuffix(kept, "x\nkept\n") {
		t.Errorf("%d bytes were kept, up to %q", len(kept), kept[max(0, len(kept)-10):])
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := e.wait(); err != nil || len(shown())-len(kept) != 100001 {
		t.Errorf("%v: %d bytes were shown", err, len(shown())-len(kept))
	}
}

// An evaluation that is stopped ends soon, and what stopped it is its error.
func TestEvaluationIsStopped(t *testing.T) {
	e := evaluateQuietly(t.Context(), evaluating(toldLine+"exec sleep 60"), nil, nil)
	<-e.told
	e.stop(plan.ErrChecksFailed)
	if _, err := e.wait(); !errors.Is(err, plan.ErrChecksFailed) {
		t.Errorf("got %v", err)
	}
}

// A configuration that prints without end costs no more than what is kept.
func TestEvaluationIsBounded(t *testing.T) {
	e := evaluateQuietly(t.Context(), evaluating("yes traced | head -n 300000 >&2; echo last >&2"), nil, nil)
	if _, err := e.wait(); err != nil {
		t.Fatal(err)
	}
	if kept := string(e.kept.Bytes()); len(kept) > heardLimit || !strings.HasSuffix(kept, "traced\nlast\n") {
		t.Errorf("%d bytes are kept, up to %q", len(kept), kept[max(0, len(kept)-20):])
	}
}

func TestMayAsk(t *testing.T) {
	asked := "error: program 'git' failed with exit code 128\nfatal: could not read Username for 'https://git.example': No such device or address\n"
	denied := "git@git.example: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n"
	unknown := "Host key verification failed.\r\nfatal: Could not read from remote repository.\n"
	exit := func(text string) error { return &nixexec.ExitError{Program: "nix", Code: 1, Stderr: text} }
	for _, c := range []struct {
		what   string
		err    error
		silent bool
		batch  bool
		want   bool
	}{
		{"https", exit(asked), false, false, true},
		{"a key with a passphrase", exit(denied), false, false, true},
		{"an unknown host", exit(unknown), false, false, true},
		{"the names", &source.EvaluationError{Flake: ".", Stderr: denied}, false, false, true},
		{"no terminal", exit(asked), true, false, false},
		{"one of several hosts", exit(asked), false, true, false},
		{"a mistake in the configuration", exit("error: undefined variable 'pkg'"), false, false, false},
		{"Ctrl-C", &nixexec.InterruptedError{Err: exit(denied)}, false, false, false},
		{"no nix", io.EOF, false, false, false},
		{"nothing", nil, false, false, false},
	} {
		d := &deployment{session: &Session{Interactive: !c.silent}}
		if c.batch {
			d.batch = &batch{}
		}
		if got := d.mayAsk(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

// The names and the facts are asked for side by side, and of two that write the lock file one would find it locked.
func TestLookingWritesNoLockFile(t *testing.T) {
	j := plan.Job{Source: source.Source{Flake: "."}, Configuration: "n1"}
	for what, argv := range map[string][]string{"names": source.NamesArgv(".", request.Request{}), "facts": plan.FactsStep(j).Command.Argv} {
		if !strings.HasSuffix(strings.Join(argv, " "), " "+source.NoLockFile) {
			t.Errorf("%s: %q", what, argv)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"nixhop/nixexec"
	"nixhop/rebuild/help"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/testdata/standin"
)

// TestMain lets the test binary be nixhop, nixhop under the name nixos-rebuild, or a stand-in for another program: one
// of a world (package standin), or one that a script answers for.
func TestMain(m *testing.M) {
	standin.Run()
	if filepath.Base(os.Args[0]) == "nixos-rebuild" {
		main()
	}
	testscript.Main(m, map[string]func(){"nixhop": main, "standin": standIn, "alone": alone})
}

// alone is called as `alone PROGRAM WORD...`: it runs the program in a session of its own, without the terminal that
// the tests may be run on.
func alone() {
	_, err := syscall.Setsid()
	path, missing := exec.LookPath(os.Args[1])
	err = errors.Join(err, missing)
	if err == nil {
		err = syscall.Exec(path, os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "alone:", err)
	os.Exit(99)
}

// standIn is called as `standin PROGRAM WORD...`: it appends the words, quoted for a shell, as a line to $WORK/calls,
// then runs $WORK/answers/PROGRAM with them if a script put such a file there, and else succeeds in silence.
func standIn() {
	work := os.Getenv("WORK")
	words := make([]string, 0, len(os.Args))
	for _, w := range os.Args[1:] {
		words = append(words, nixexec.Quote(w))
	}
	calls, err := os.OpenFile(filepath.Join(work, "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = fmt.Fprintln(calls, strings.Join(words, " "))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(99)
	}
	answer := filepath.Join(work, "answers", os.Args[1])
	if _, err := os.Stat(answer); err == nil {
		err = syscall.Exec("/bin/sh", append([]string{"sh", answer}, os.Args[2:]...), os.Environ())
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(99)
	}
}

// TestScript runs testdata/script. Programs stand in $WORK/bin: ssh, nix and its relatives always, a nixos-rebuild
// where the script has `rebuild bash`, `rebuild ng` or `rebuild newest`: they do what the script says. Those of a
// script that begins with `world` deploy to hosts; see makeWorld. The ssh config is $WORK/ssh_config.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setUp,
		Condition: func(cond string) (bool, error) {
			if cond != "root" {
				return false, fmt.Errorf("there is no condition %q", cond)
			}
			return os.Geteuid() == 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":         exits,
			"calls":         calls,
			"rebuild":       installRebuild,
			"world":         makeWorld,
			"host":          makeHost,
			"configuration": makeConfiguration,
			"node":          makeNode,
			"same":          same,
			"record":        record,
			"terminal":      onTerminal,
			"idle":          idle,
			"builds":        builds,
			"steps":         steps,
			"recipe":        recipe,
		},
	})
}

func setUp(env *testscript.Env) error {
	bin := filepath.Join(env.WorkDir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	for _, program := range []string{"ssh", "nix", "nix-build", "nix-instantiate", "nix-store", "nix-copy-closure"} {
		text := "#!/bin/sh\nexec standin " + program + " \"$@\"\n"
		if err := os.WriteFile(filepath.Join(bin, program), []byte(text), 0o755); err != nil {
			return err
		}
	}
	env.Setenv("PATH", bin+":"+env.Getenv("PATH"))
	env.Setenv("NIXHOP_SSH_CONFIG", filepath.Join(env.WorkDir, "ssh_config"))
	env.Setenv("SHELL", "/bin/sh")
	examples, err := filepath.Abs("testdata/examples")
	if err != nil {
		return err
	}
	env.Setenv("EXAMPLES", examples)
	// The race detector holds every process for a second at its end, to see late reports: there are hundreds here.
	env.Setenv("GORACE", "atexit_sleep_ms=0")
	return nil
}

// installRebuild puts a stand-in for nixos-rebuild into $WORK/bin whose text, like that of the real one, names the
// flags that it knows.
func installRebuild(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: rebuild bash|ng|newest")
	}
	text := "#!/bin/sh\n# " + strings.Join(flagsOf(ts, args[0]), "\n# ") + "\n"
	text += "exec standin nixos-rebuild \"$@\"\n"
	ts.Check(os.WriteFile(ts.MkAbs("bin/nixos-rebuild"), []byte(text), 0o755))
}

// exits runs a program and wants this exit status: exits 2 nixhop swtich.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS program [word...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec("alone", args[1:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("%q exited with status %d, not %d", args[1:], got, want)
	}
}

// calls compares the calls of stand-ins since the last `calls` with a file, one line each; without a file there must be
// none.
func calls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: calls [file]")
	}
	want := ""
	if len(args) == 1 {
		want = ts.ReadFile(args[0])
	}
	record := ts.MkAbs(filepath.Join(ts.Getenv("WORK"), "calls"))
	got, err := os.ReadFile(record)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		ts.Check(err)
	}
	if string(got) != want {
		ts.Fatalf("called:\n%swanted:\n%s", got, want)
	}
	ts.Check(os.RemoveAll(record))
}

// Every kind of error has the exit status of the table in the help.
func TestStatus(t *testing.T) {
	child := &nixexec.ExitError{Program: "nix", Code: 101}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, request.ExitDone},
		{errors.New("broken"), request.ExitFailed},
		{&request.UsageError{Message: "m"}, request.ExitUsage},
		{fmt.Errorf("reading: %w", &request.UsageError{Message: "m"}), request.ExitUsage},
		{&report.CheckError{}, request.ExitCheck},
		{&remote.OutcomeError{Result: report.Units, Err: child}, request.ExitUnits},
		{child, 101},
		{fmt.Errorf("copying: %w", child), 101},
		// What a command on a host ended with is never a status of nixhop's own (field: 3, 127).
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: 2}, request.ExitFailed},
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: 3}, request.ExitFailed},
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: 4}, request.ExitUnits},
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: 5}, request.ExitFailed},
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: 6}, request.ExitFailed},
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: 127}, request.ExitFailed},
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: 137}, request.ExitFailed},
		{&nixexec.ExitError{Program: "nixos-rebuild", Code: -1, Signal: syscall.SIGKILL}, 128 + 9},
		{&remote.OutcomeError{Result: report.Failed, Child: 3, Err: child}, request.ExitFailed},
		{&remote.OutcomeError{Result: report.Failed, Child: 127, Err: child}, request.ExitFailed},
		{&remote.OutcomeError{Result: report.Failed, Child: 100, Err: child}, 100},
		{&nixexec.NotFoundError{Program: "ssh"}, request.ExitNotInstalled},
		{&nixexec.InterruptedError{Signal: syscall.SIGTERM, Err: child}, 128 + 15},
	} {
		if got := phase.Status(c.err); got != c.want {
			t.Errorf("%v: status %d, not %d", c.err, got, c.want)
		}
	}
}

// An error is one line behind the program's name, its hints are indented; a child's own end and Ctrl-C need no words.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("broken"), "nixhop: broken\n"},
		{&request.UsageError{Message: "wrong", Hint: "one\ntwo"}, "nixhop: wrong\n  one\n  two\n"},
		{&nixexec.ExitError{Program: "nix", Code: 1}, ""},
		{fmt.Errorf("copying: %w", &nixexec.ExitError{Program: "nix", Code: 1}), "nixhop: copying: \"nix\" exited with status 1\n"},
		{&nixexec.InterruptedError{Signal: syscall.SIGINT}, ""},
		{&nixexec.InterruptedError{Signal: syscall.SIGTERM}, "nixhop: stopped by signal terminated\n"},
	} {
		var b bytes.Buffer
		explain(&b, c.err)
		if b.String() != c.want {
			t.Errorf("%v: %q", c.err, b.String())
		}
	}
}

// Without any words nixhop explains itself, even when it was started without so much as a name.
func TestRunWithoutWords(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	stdio := nixexec.Stdio{In: os.Stdin, Out: out, Err: os.Stderr}
	if got := run(context.Background(), nil, stdio, func(string) string { return "" }); got != 0 {
		t.Errorf("status %d", got)
	}
	if text, _ := os.ReadFile(out.Name()); string(text) != help.Program() {
		t.Errorf("%q", text)
	}
}

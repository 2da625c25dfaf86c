package nixlog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixhop/nixexec"
)

// talker is a command that says a line of the format, one that is none of it, and prints its result.
const talker = `echo '@nix {"action":"msg","level":3,"msg":"building\u001b[0m it"}' >&2; echo plain >&2; echo /nix/store/x; `

// watched runs a command with what a nom does, and returns what was printed, what was seen and what stands on standard
// error.
func watched(t *testing.T, nom, command string) (out, seen, shown string, err error) {
	t.Helper()
	dir := t.TempDir()
	if nom != "" {
		if err := os.WriteFile(filepath.Join(dir, Nom), []byte("#!/bin/sh\n"+nom), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	file, failed := os.Create(filepath.Join(dir, "err"))
	if failed != nil {
		t.Fatal(failed)
	}
	defer file.Close()
	c := nixexec.Command{Argv: []string{"sh", "-c", command}}
	out, err = monitored(t.Context(), c, nixexec.Stdio{Err: file}, func(line string) { seen += line }, 100*time.Millisecond)
	text, failed := os.ReadFile(file.Name())
	if failed != nil {
		t.Fatal(failed)
	}
	return out, seen, string(text), err
}

// nom gets every line as it is, and draws it; the command's result and exit status are its own, whatever nom makes of
// it.
func TestMonitored(t *testing.T) {
	const nom = `test "$*" = --json || exit 9; sed 's/^/nom: /' >&2; exit 1`
	for status, command := range map[int]string{0: talker, 7: talker + "exit 7"} {
		out, seen, shown, err := watched(t, nom, command)
		var exit *nixexec.ExitError
		if got := nixexec.Status(err); got != status || status != 0 && !errors.As(err, &exit) {
			t.Errorf("status %d: %v", got, err)
		}
		const drawn = `nom: @nix {"action":"msg","level":3,"msg":"building\u001b[0m it"}` + "\nnom: plain\n"
		if out != "/nix/store/x\n" || seen != "building it\nplain\n" || shown != drawn {
			t.Errorf("printed %q, seen %q, shown %q", out, seen, shown)
		}
	}
}

// Without a nom, or with one that ends too early, nothing is lost, and nothing is said twice.
func TestMonitoredWithout(t *testing.T) {
	for name, c := range map[string]struct{ nom, wait string }{
		"none":         {},
		"ends at once": {"exit 1", ""},
		"ends later": {
			"head -n 1 >/dev/null; echo $$ >pid.new; mv pid.new pid; exit 1",
			"while ! [ -e pid ]; do sleep 0.01; done; while kill -0 $(cat pid) 2>/dev/null; do sleep 0.01; done; ",
		},
	} {
		out, seen, shown, err := watched(t, c.nom, talker+c.wait+"echo later >&2")
		if err != nil || out != "/nix/store/x\n" || seen != "building it\nplain\nlater\n" || strings.Count(shown, "plain\nlater\n") != 1 {
			t.Errorf("%s: %v, printed %q, seen %q, shown %q", name, err, out, seen, shown)
		}
	}
}

// Nobody waits for a nom that waits for what a command has left behind.
func TestMonitoredLeavesBehind(t *testing.T) {
	out, _, shown, err := watched(t, "cat >&2; echo end >&2", talker+"sleep 30 >/dev/null &")
	if err != nil || out != "/nix/store/x\n" || !strings.Contains(shown, "plain") {
		t.Errorf("%v, printed %q, shown %q", err, out, shown)
	}
}

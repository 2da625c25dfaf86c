//go:build lab

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixhop/nixexec"
)

// wrapped puts a nix in front of the real one, which runs first what the script says, and returns the environment with it.
func (l *lab) wrapped(t *testing.T, env []string, script string) []string {
	t.Helper()
	real, err := exec.LookPath("nix")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	text := "#!/bin/sh\n" + script + "\nexec " + nixexec.Quote(real) + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "nix"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	for _, variable := range env {
		if value, found := strings.CutPrefix(variable, "PATH="); found {
			path = value
		}
	}
	return append(env, "PATH="+bin+":"+path)
}

// labEvaluatedAhead: the evaluation runs while ssh connects, and is the only one; of a commit it is the one that Nix has a
// cache for, also where a nixos-rebuild evaluates again.
func labEvaluatedAhead(t *testing.T, l *lab) {
	clean, dirty := l.committed(t), l.systems(t)
	l.ordinary(t, clean, "n1")
	at := t.TempDir()
	// ssh asks for the known keys when it has reached the host, and then waits for the evaluation.
	keys := filepath.Join(at, "keys")
	text := "#!/bin/sh\nwhile [ ! -e " + at + "/begun ]; do sleep 0.02; done\n"
	if err := os.WriteFile(keys, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	config := l.configured(t, "Host n1", "KnownHostsCommand "+keys)
	for _, c := range []struct{ name, dir, engine, evaluates string }{
		{"a commit, native", clean, "native", " path-info --derivation "},
		{"a commit, nixos-rebuild", clean, "nixos-rebuild", " path-info --derivation "},
		{"changes, native", dirty, "native", " eval --raw "},
		{"changes, nixos-rebuild", dirty, "nixos-rebuild", " eval --json "},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun := fmt.Sprintf(`case "$*" in *"%s"*n1*) echo evaluated >> %s/begun ;; esac`, c.evaluates, at)
			env := l.wrapped(t, append(withEngine(t, c.engine), config...), begun)
			succeeds(t, l.nixhop(t, c.dir, env, "switch", "n1"))
			times, err := os.ReadFile(filepath.Join(at, "begun"))
			if err != nil || string(times) != "evaluated\n" {
				t.Errorf("%v: %q", err, times)
			}
			os.Remove(filepath.Join(at, "begun"))
		})
	}
}

// labAsksForInputs: what nix could not fetch without asking is asked for on the terminal, once ssh needs it no more.
func labAsksForInputs(t *testing.T, l *lab) {
	dir := l.committed(t)
	l.ordinary(t, dir, "n1")
	// As git and ssh do it: they ask the terminal itself, and without one they say this.
	asking := `case "$*" in *" eval "*|*" path-info "*|*" metadata "*)
if ! { true < /dev/tty; } 2> /dev/null; then
	echo 'git@git.example: Permission denied (publickey).' >&2
	exit 1
fi
printf "passphrase of the flake's key: " > /dev/tty
IFS= read -r word < /dev/tty
[ "$word" = open ] || exit 1 ;;
esac`
	const question = "passphrase of the flake's key: "
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			env := l.wrapped(t, withEngine(t, engine), asking)
			term := l.onTerminal(t, l.command(t, dir, env, "switch", "n1"))
			for n := range 2 {
				within(t, time.Minute, "a question", func() bool { return strings.Count(term.text(), question) == n+1 })
				term.types("open\n")
			}
			if r := term.finished(); r.code != 0 {
				t.Errorf("exit status %d\n%s", r.code, term.text())
			}
			if r := l.nixhop(t, dir, env, "switch", "n1"); r.code != 1 || !strings.Contains(r.stderr, "Permission denied (publickey)") {
				t.Errorf("without a terminal: exit status %d\n%s", r.code, r.stderr)
			}
		})
	}
	l.noMasterLeft(t)
}

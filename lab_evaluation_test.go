//go:build lab

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixhop/nixexec"
)

// wrapped puts a nix in front of the real one, which runs first what the script says, and returns the environment with
// it.
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

// labEvaluatedAhead: the evaluation runs while ssh connects, and is the only one; of a commit it is the one that Nix
// has a cache for, also where a nixos-rebuild evaluates again.
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

// traced makes a commit of the sample whose systems say by a trace that they are evaluated, and returns its directory,
// an environment in which no cache holds anything, and a function that counts what was said since its last call.
func (l *lab) traced(t *testing.T, env []string) (dir string, with []string, evaluated func() int) {
	t.Helper()
	const plain = `import ./system.nix ({ platform = import ./platform.nix; } // parameters);`
	dir = l.committed(t, plain, `let c = `+plain[:len(plain)-1]+`; in c // { config = c.config // { system.build = c.config.system.build // {
	toplevel = builtins.trace "evaluated ${parameters.hostName}, `+rand.Text()+`" c.config.system.build.toplevel; }; }; };`)
	real, err := exec.LookPath("nix")
	if err != nil {
		t.Fatal(err)
	}
	at := t.TempDir()
	log := filepath.Join(at, "log")
	text := "#!/bin/bash\nset -o pipefail\n{ " + nixexec.Quote(real) + ` "$@" 2>&1 1>&3 | tee -a ` + log + " >&2; } 3>&1\n"
	if err := os.WriteFile(filepath.Join(at, "nix"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	path := os.Getenv("PATH")
	for _, variable := range env {
		if value, found := strings.CutPrefix(variable, "PATH="); found {
			path = value
		}
	}
	with = append(env, "PATH="+at+":"+path, "XDG_CACHE_HOME="+filepath.Join(at, "cache"))
	if err := os.Mkdir(filepath.Join(at, "cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, with, func() int {
		text, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		_ = os.Remove(log)
		return strings.Count(string(text), "trace: evaluated ")
	}
}

// labEvaluatedOnce: a commit is evaluated once for each of its hosts, however often it is deployed and checked, and
// however many hosts there are. A commit that changes one host is evaluated for all of them, for Nix has its cache of
// whole flakes.
func labEvaluatedOnce(t *testing.T, l *lab) {
	for _, engine := range engines {
		dir, env, evaluated := l.traced(t, withEngine(t, engine))
		run := func(want int, words ...string) {
			t.Helper()
			r := l.nixhop(t, dir, env, words...)
			if succeeds(t, r); evaluated() != want {
				t.Errorf("%s: %q has not evaluated %d systems\n%s", engine, words, want, r.stderr)
			}
		}
		change := func(message string) {
			t.Helper()
			l.edit(t, dir, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "`+message+`"; };`)
			l.must(t, git(dir, "-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-qam", message))
		}
		run(1, "switch", "n1")
		for range 2 {
			run(0, "switch", "n1")
			run(0, "check", "n1")
			run(0, "switch", "n1", "--plan")
		}
		change("changed by " + engine)
		run(1, "switch", "n1")
		run(0, "switch", "n1")
		run(2, "check", "n1", "n2", "n3")
		run(0, "check", "n1", "n2", "n3")
		run(0, "switch", "n2")
		l.edit(t, dir, `hostName = "n3"`, `hostName = "n3"; message = "a change that is not committed"`)
		want := 1 // of a tree with changes nothing is kept
		run(want, "check", "n2")
		run(want, "check", "n2")
	}
	l.ordinary(t, l.committed(t), "n1")
	l.noMasterLeft(t)
}

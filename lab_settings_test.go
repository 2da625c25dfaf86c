//go:build lab

package main

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// labFlakeSettings: what a flake sets for Nix counts for the build, too, as far as the user lets it; Nix's question
// comes on the terminal, once (field: own steps built from source what the flake's own cache had).
func labFlakeSettings(t *testing.T, l *lab) {
	dir := l.systems(t, `n2 = system { hostName = "n2"; };`, `n2 = system { hostName = "n2"; message = "cached, `+rand.Text()+`"; };`)
	file, cache := filepath.Join(dir, "flake.nix"), "file://"+t.TempDir()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set := `{ nixConfig = { extra-substituters = [ "` + cache + `" ]; require-sigs = false; };`
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "{", set, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "result") // which is the only root of the system
	const toplevel = ".#nixosConfigurations.n2.config.system.build.toplevel"
	build := exec.Command("nix", "build", "--out-link", link, toplevel)
	build.Dir = dir
	l.must(t, build)
	system, err := os.Readlink(link)
	if err != nil {
		t.Fatal(err)
	}
	l.must(t, exec.Command("nix", "copy", "--to", cache, system))
	forget := func() {
		t.Helper()
		os.Remove(link)
		os.Remove(filepath.Join(dir, "result"))
		l.must(t, exec.Command("nix-store", "--delete", system))
	}
	fetched := func(said string) bool { return strings.Contains(said, "from '"+cache+"'") }
	words := []string{"build", "n2", "--engine", "native"}

	forget()
	r := l.nixhop(t, dir, nil, append(words, "--accept-flake-config")...)
	if succeeds(t, r); !fetched(r.stderr) {
		t.Errorf("--accept-flake-config: the cache of the flake was not asked\n%s", r.stderr)
	}
	forget()
	r = l.nixhop(t, dir, nil, words...)
	if succeeds(t, r); fetched(r.stderr) || !strings.Contains(r.stderr, "ignoring untrusted flake configuration setting 'extra-substituters'") {
		t.Errorf("nobody was asked\n%s", r.stderr)
	}
	for _, answers := range []string{"yn", "nn"} {
		forget()
		term := l.onTerminal(t, l.command(t, dir, []string{"XDG_DATA_HOME=" + t.TempDir()}, words...))
		const question, always = "do you want to allow configuration setting", "do you want to permanently mark"
		for n := range 2 {
			within(t, time.Minute, "a question", func() bool { return strings.Count(term.text(), question) == n+1 })
			term.types(answers[:1] + "\n")
			within(t, time.Minute, "the other question", func() bool { return strings.Count(term.text(), always) == n+1 })
			term.types(answers[1:] + "\n")
		}
		if r := term.finished(); r.code != 0 || strings.Count(term.text(), question) != 2 {
			t.Errorf("%s: exit status %d\n%s", answers, r.code, term.text())
		}
		if got := fetched(term.text()); got != (answers[0] == 'y') {
			t.Errorf("%s: fetched %t\n%s", answers, got, term.text())
		}
	}
}

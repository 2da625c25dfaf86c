//go:build lab

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// labLinkLost: the activation is not bound to the link. sshd is restarted under it, or the link is cut: it goes on, nixhop connects
// again, and tells how it ended (nixpkgs#39118, #462179).
func labLinkLost(t *testing.T, l *lab) {
	dir := l.systems(t)
	for _, configuration := range []string{"sshd-restarts", "link-drops", "link-gone"} {
		system := l.build(t, dir, configuration)
		r := l.nixhop(t, dir, nil, "switch", "n1="+configuration)
		succeeds(t, r)
		again := strings.Contains(r.stderr, "the connection was lost during the activation on n1, which goes on without it; connecting again")
		if again == (configuration == "sshd-restarts") {
			t.Errorf("%s: connected again: %v\n%s", configuration, again, r.stderr)
		}
		if !strings.Contains(r.stderr, "on n1: "+system+" runs, generation ") {
			t.Errorf("%s:\n%s", configuration, r.stderr)
		}
		l.runs(t, "n1", system)
		l.noMasterLeft(t)
	}
	// Under nixos-rebuild nobody has seen the status, but the host has.
	system := l.build(t, dir, "link-drops")
	r := l.nixhop(t, dir, withEngine(t, "nixos-rebuild"), "switch", "n1=link-drops")
	if r.code != 0 || !strings.Contains(r.stderr, "on n1: the activation went through: "+system+" runs, generation ") {
		t.Errorf("nixos-rebuild: exit status %d\n%s", r.code, r.stderr)
	}
	l.noMasterLeft(t)
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
}

// labLinkGone: Ctrl-C ends the wait for a host that does not come back, with a word about what is not known.
func labLinkGone(t *testing.T, l *lab) {
	dir := l.systems(t)
	system := l.build(t, dir, "link-gone")
	term := l.onTerminal(t, l.command(t, dir, nil, "switch", "n1=link-gone"))
	term.expect("connecting again to learn how it ends")
	term.types("\x03")
	if code := term.wait(); code != 130 {
		t.Errorf("exit status %d, want 130\n%s", code, term.text())
	}
	term.expect("what was changed on n1 is not known, for the run was stopped before the host had told; see: ssh ")
	l.noMasterLeft(t)
	within(t, time.Minute, "the host to come back", func() bool {
		return l.run(t, l.sshCommand("n1", "! systemctl is-active -q nixos-rebuild-switch-to-configuration")).code == 0
	})
	l.runs(t, "n1", system)
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
}

// labAftermath: where a nixos-rebuild fails, nixhop says what it has changed, and finds the exit status that it hides. Standard error is no
// terminal here, and the child has it to itself.
func labAftermath(t *testing.T, l *lab) {
	dir := l.systems(t)
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
	real, err := filepath.Abs("testdata/lab/bin/nixos-rebuild")
	if err != nil {
		t.Fatal(err)
	}
	// As nixos-rebuild-ng ended for years: with 1, whatever a command of it ended with.
	hiding := changedRebuild(t, func(text string) string {
		return strings.Replace(text, "set -eu\n", "set -eu\ntrap '[ $? = 0 ] || exit 1' EXIT\n", 1)
	})
	for _, test := range []struct {
		configuration string
		passed, found int // 0: not tried
		text          string
	}{
		{"build-fails", 1, 0, "nixhop: on n1: it runs and boots the same system as before\n"},
		{"unit-fails", 4, 4, "but some units failed: broken.service\n"},
		{"boot-loader-fails", 1, 0, "nixhop: on n1: nothing was activated; the profile is set, generation "},
		{"activation-fails", 1, 1, "failed with status 2 after it had begun; "},
		{"reboot-needed", 100, 0, "nixhop: on n1: nothing was activated; the profile is set, generation "},
	} {
		for path, want := range map[string]int{real: test.passed, hiding: test.found} {
			if want == 0 {
				continue
			}
			succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
			r := l.nixhop(t, dir, nil, "switch", "n1="+test.configuration, "--nixos-rebuild", path)
			if r.code != want || !strings.Contains(r.stderr, test.text) {
				t.Errorf("%s: exit status %d, want %d and %q\n%s", test.configuration, r.code, want, test.text, r.stderr)
			}
		}
	}
	// Where the output is read along, it tells, also of a system that ran already.
	if r := l.nixhop(t, dir, nil, "switch", "n1=unit-fails", "--nixos-rebuild", hiding, "--explain"); r.code != 4 {
		t.Errorf("explained: exit status %d\n%s", r.code, r.stderr)
	}
	l.noMasterLeft(t)
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
}

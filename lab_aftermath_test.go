//go:build lab

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cutLink is what cuts every connection to a host, from there: each is a session of its own.
const cutLink = "systemctl kill --signal=KILL 'session-*.scope'"

// lostLink is a moment of an activation in which the link is lost, as parameters of a system that does so, and how that
// ends.
type lostLink struct {
	name, parameters string
	code             int
	engine           string // in which labLinkLost has it; empty: that is left to make soak
}

// lostLinks are ten of them.
func lostLinks() []lostLink {
	const cut = cutLink + "; sleep 1"
	unit := func(name, line string) string {
		return `units."` + name + `.service" = import ./unit.nix "` + line + `";`
	}
	return []lostLink{
		{"pre-switch check", `preSwitchCheck = "case $2 in switch | test) ` + cut + ` ;; esac";`, 0, "nixos-rebuild"},
		{"boot loader", `installBootLoader = "` + cut + `";`, 0, "native"},
		{"activation", `activate = "` + cut + `";`, 0, ""},
		{"activation, and no way back for a while", `activate = "systemctl stop ssh.service; systemd-run -q --on-active=3 ` +
			`--timer-property=AccuracySec=100ms systemctl start ssh.service; ` + cut + `";`, 0, "nixos-rebuild"},
		{"activation, twice", `activate = "` + cut + `; sleep 1; ` + cut + `";`, 0, ""},
		{"sshd starts anew", `activate = "systemctl restart ssh.service; sleep 1";`, 0, ""},
		{"a unit starts", unit("cuts", cutLink+"; exec sleep infinity"), 0, ""},
		{"behind everything", unit("cuts", "sleep 0.2; "+cutLink+"; exec sleep infinity"), 0, "native"},
		{"a unit fails", `activate = "` + cut + `"; ` + unit("broken", "echo lost >&2; exit 1"), 4, "nixos-rebuild"},
		{"activation fails", `activate = "` + cut + `; exit 1";`, 1, ""},
	}
}

// labLinkLost: the link is lost in ten moments of an activation, which goes on without it; nixhop connects again, and
// what it says and ends with is what the host is like then (nixpkgs#39118, #462179). Half of them are tried here, for
// the time that takes; make soak has all, by both ways to deploy.
func labLinkLost(t *testing.T, l *lab) {
	for _, moment := range lostLinks() {
		if moment.engine != "" {
			l.loseLink(t, moment, moment.engine)
		}
	}
	succeeds(t, l.nixhop(t, l.systems(t), nil, "switch", "n1"))
}

// loseLink deploys a system that loses the link, by one way, and compares what is said with what there is.
func (l *lab) loseLink(t *testing.T, moment lostLink, engine string) {
	t.Helper()
	was := `n1 = system { hostName = "n1"; };`
	dir := l.systems(t, was, `n1 = system { hostName = "n1"; message = "`+moment.name+" by "+engine+`"; `+moment.parameters+` };`)
	system := l.build(t, dir, "n1")
	r := l.nixhop(t, dir, withEngine(t, engine), "switch", "n1")
	if r.code != moment.code {
		t.Errorf("%s, %s: exit status %d, want %d\n%s", moment.name, engine, r.code, moment.code, r.stderr)
	}
	says := map[int]string{
		0: "on n1: ", 4: "on n1: " + system + " is active, ", 1: " failed with status 2 after it had begun; " + system + " runs now",
	}[moment.code]
	if !strings.Contains(r.stderr, says) || moment.code == 4 && !strings.Contains(r.stderr, "but some units failed: broken.service") {
		t.Errorf("%s, %s:\n%s", moment.name, engine, r.stderr)
	}
	if got := strings.TrimSpace(l.ssh(t, "n1", "readlink -f /run/current-system")); got != system {
		t.Errorf("%s, %s: %s runs, want %s\n%s", moment.name, engine, got, system, r.stderr)
	}
	if moment.code != 1 { // under a guard what failed is not made what boots
		l.runs(t, "n1", system)
	}
	l.noMasterLeft(t)
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

// labAftermath: where a nixos-rebuild fails, nixhop says what it has changed, and finds the exit status that it hides.
// Standard error is no terminal here, and the child has it to itself.
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

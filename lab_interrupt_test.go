//go:build lab

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interrupting is a nixos-rebuild that counts the interrupts that reach it, and ends as the real one does after one.
const interrupting = `#!/bin/sh
# --target-host --flake --no-reexec --build-host
count=0
trap 'count=$((count + 1)); echo "interrupt $count"' INT
echo started
n=0
while [ $n -lt 30 ]; do
    n=$((n + 1))
    sleep 0.1
    if [ $count -gt 0 ]; then sleep 0.5; echo "saw $count"; exit 1; fi
done
`

// labInterruptChild: Ctrl-C reaches nixos-rebuild once, and nixhop's status is 130, whatever the child makes of it.
func labInterruptChild(t *testing.T, l *lab) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "nixos-rebuild"), []byte(interrupting), 0o755); err != nil {
		t.Fatal(err)
	}
	term := l.onTerminal(t, l.command(t, l.systems(t), []string{"PATH=" + bin + ":" + os.Getenv("PATH")}, "switch", "n1"))
	term.expect("started")
	term.types("\x03")
	term.expect("saw 1")
	if code := term.wait(); code != 130 {
		t.Errorf("exit status %d, want 130", code)
	}
	if strings.Contains(term.text(), "interrupt 2") {
		t.Errorf("the child was interrupted twice:\n%s", term.text())
	}
	l.noMasterLeft(t)
}

// labInterruptBuild: Ctrl-C during a build, here and on the target: the build ends (nixpkgs#403269), nothing was
// activated, nothing is left.
func labInterruptBuild(t *testing.T, l *lab) {
	dir := l.systems(t, "sleep 600", "exec sleep 612")
	before := l.ssh(t, "n1", "readlink -f /run/current-system /nix/var/nix/profiles/system")
	for _, where := range []string{"local", "target"} {
		term := l.onTerminal(t, l.command(t, dir, nil, "switch", "n1=build-slow", "--build-host", where, "-L"))
		term.expect("a long build starts")
		term.types("\x03")
		if code := term.wait(); code != 130 {
			t.Errorf("built on %s: exit status %d, want 130\n%s", where, code, term.text())
		}
		term.expect("nothing was activated on n1")
		l.noMasterLeft(t)
		within(t, 20*time.Second, "the build to end on "+where, func() bool {
			find := exec.Command("pgrep", "-f", "^sleep 612")
			if where == "target" {
				find = l.sshCommand("n1", "pgrep -f '^sleep 612'")
			}
			return l.run(t, find).code != 0
		})
	}
	if got := l.ssh(t, "n1", "readlink -f /run/current-system /nix/var/nix/profiles/system"); got != before {
		t.Errorf("the host was changed: %s, before %s", got, before)
	}
}

// labInterruptActivation: Ctrl-C during an activation ends nixhop and nothing else; the host finishes what it has
// begun.
func labInterruptActivation(t *testing.T, l *lab) {
	dir := l.systems(t, "sleep 15", "echo 'a slow activation starts'; sleep 4")
	system := l.build(t, dir, "activation-slow")
	term := l.onTerminal(t, l.command(t, dir, nil, "switch", "n1=activation-slow"))
	term.expect("a slow activation starts")
	term.types("\x03")
	if code := term.wait(); code != 130 {
		t.Errorf("exit status %d, want 130\n%s", code, term.text())
	}
	term.expect("the activation on n1 is not ended by this")
	l.noMasterLeft(t)
	within(t, 30*time.Second, "the activation to end", func() bool {
		return l.run(t, l.sshCommand("n1", "systemctl is-active nixos-rebuild-switch-to-configuration")).code != 0
	})
	l.runs(t, "n1", system)
}

// labKilled: a nixhop that is killed outright leaves a connection behind for seconds at most: its lifeline is cut.
func labKilled(t *testing.T, l *lab) {
	dir := l.systems(t, "sleep 600", "exec sleep 613")
	term := l.onTerminal(t, l.command(t, dir, nil, "switch", "n1=build-slow", "-L"))
	term.expect("a long build starts")
	if err := syscall.Kill(term.side.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	term.wait()
	within(t, 90*time.Second, "the connection to end", func() bool {
		for _, process := range l.processes(t) {
			if strings.Contains(process, "ssh") {
				return false
			}
		}
		return true
	})
	// What a SIGKILL leaves of the build and of the socket's directory is for this test to clear away.
	l.run(t, exec.Command("pkill", "-f", "^sleep 613"))
	entries, err := os.ReadDir(l.runtime)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		os.RemoveAll(filepath.Join(l.runtime, entry.Name()))
	}
	l.noMasterLeft(t)
}

// labTerminated: SIGTERM ends the run like Ctrl-C, with status 143.
func labTerminated(t *testing.T, l *lab) {
	dir := l.systems(t, "sleep 600", "exec sleep 614")
	cmd := l.command(t, dir, nil, "switch", "n1=build-slow", "-L")
	term := l.onTerminal(t, cmd)
	term.expect("a long build starts")
	if err := syscall.Kill(term.side.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := term.wait(); code != 143 {
		t.Errorf("exit status %d, want 143\n%s", code, term.text())
	}
	l.noMasterLeft(t)
}

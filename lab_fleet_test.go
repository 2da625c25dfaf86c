//go:build lab

package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// fleet are the hosts that are deployed together.
var fleet = []string{"m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"}

// TestLabFleet deploys to eight hosts at a time.
func TestLabFleet(t *testing.T) {
	t.Parallel()
	l := startLab(t, fleet...)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *lab)
	}{
		{"a rolling switch", fleetRolls},
		{"one is off, or another machine", fleetWithoutOne},
		{"one cannot be evaluated, or built", fleetBuildsAllBeforeAny},
		{"a unit of one fails", fleetUnitFails},
		{"healthy after retries", fleetHealthy},
		{"a command on each", fleetRuns},
		{"killed in each phase", fleetKilled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, l) })
	}
}

// fleet makes a commit of the hosts' configurations, of which some have more parameters, or are something else ("=
// ...").
func (l *lab) fleet(t *testing.T, message string, more map[string]string) (dir string) {
	t.Helper()
	var all strings.Builder
	for _, host := range fleet {
		text := fmt.Sprintf("system { hostName = %q; message = %q; %s }", host, message, more[host])
		if other, is := strings.CutPrefix(more[host], "= "); is {
			text = other
		}
		fmt.Fprintf(&all, "%s = %s; ", host, text)
	}
	return l.committed(t, "db = system", all.String()+"db = system")
}

// toFleet switches all of them.
func (l *lab) toFleet(t *testing.T, dir string, env []string, flags ...string) result {
	t.Helper()
	return l.nixhop(t, dir, l.bare(env), slices.Concat([]string{"switch"}, fleet, flags)...)
}

// fleetEnds fails the test unless a run ended so, and its table says this of hosts.
func fleetEnds(t *testing.T, r result, code int, results map[string]string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit status %d, want %d", r.code, code)
	}
	for host, want := range results {
		if !regexp.MustCompile(`(?m)^` + host + ` +` + regexp.QuoteMeta(want) + `( |$)`).MatchString(r.stderr) {
			t.Errorf("the table does not say %q of %s", want, host)
		}
	}
	if t.Failed() {
		t.Logf("%s%s", r.stdout, r.stderr)
	}
}

// run wants that these hosts run what the flake says.
func (l *lab) run8(t *testing.T, dir string, hosts ...string) {
	t.Helper()
	for _, host := range hosts {
		l.runs(t, host, l.build(t, dir, host))
	}
}

func fleetRolls(t *testing.T, l *lab) {
	dir := l.fleet(t, "rolled", nil)
	fleetEnds(t, l.toFleet(t, dir, nil, "--canary", "m3", "--batch", "4", "--health-remote", "test -e /run/current-system"), 0,
		map[string]string{"m1": "done", "m3": "done", "m8": "done"})
	l.run8(t, dir, fleet...)
	fleetEnds(t, l.toFleet(t, dir, nil, "--serial"), 0, map[string]string{"m1": "unchanged", "m8": "unchanged"})
}

func fleetWithoutOne(t *testing.T, l *lab) {
	dir := l.fleet(t, "without one", nil)
	strange := l.configured(t, "Host m2", "  HostKeyAlias another")
	l.unchanged(t, func() {
		fleetEnds(t, l.toFleet(t, dir, strange), 3, map[string]string{"m2": "refused (connect)", "m1": "not activated"})
	})
	off := l.configured(t, "Host m8", "  Port 1")
	before := l.state(t, "m8")
	fleetEnds(t, l.toFleet(t, dir, off), 6, map[string]string{"m1": "done", "m8": "not reached (connect)"})
	l.run8(t, dir, fleet[:7]...)
	if l.state(t, "m8") != before {
		t.Error("m8 was changed")
	}
	fleetEnds(t, l.toFleet(t, dir, off, "--skip-offline"), 0, map[string]string{"m1": "unchanged", "m8": "not reached (connect)"})
}

func fleetBuildsAllBeforeAny(t *testing.T, l *lab) {
	l.unchanged(t, func() {
		dir := l.fleet(t, "never seen", map[string]string{"m8": `= throw "no such option"`})
		fleetEnds(t, l.toFleet(t, dir, nil), 1, map[string]string{"m8": "failed (evaluate)", "m1": "not activated"})
	})
	current := l.ssh(t, "m1", "readlink /run/current-system")
	dir := l.fleet(t, "never seen", map[string]string{"m8": `build = "echo 'no rule to make target' >&2; exit 2";`})
	r := l.toFleet(t, dir, nil)
	fleetEnds(t, r, 1, map[string]string{"m8": "failed (build)", "m1": "not activated"})
	if got := l.ssh(t, "m1", "readlink /run/current-system"); got != current || !strings.Contains(r.stderr, "no rule to make target") {
		t.Errorf("m1 runs %s, and ran %s\n%s", got, current, r.stderr)
	}
}

func fleetUnitFails(t *testing.T, l *lab) {
	dir := l.fleet(t, "a unit fails", map[string]string{"m4": `units."broken.service" = import ./unit.nix "exit 1";`})
	fleetEnds(t, l.toFleet(t, dir, nil, "--serial", "--on-failure", "continue"), 6, map[string]string{"m4": "units failed", "m1": "done", "m8": "done"})
	l.run8(t, dir, fleet...)
}

func fleetHealthy(t *testing.T, l *lab) {
	dir := l.fleet(t, "healthy", nil)
	tries := t.TempDir()
	const third = `n=$(cat "$TRIES/$NIXHOP_HOST" 2>/dev/null || echo 1); echo $((n + 1)) >"$TRIES/$NIXHOP_HOST"; [ "$n" -ge 3 ]`
	fleetEnds(t, l.toFleet(t, dir, []string{"TRIES=" + tries}, "--health", third), 0, map[string]string{"m1": "done", "m8": "done"})
	for _, host := range fleet {
		if text, err := os.ReadFile(filepath.Join(tries, host)); err != nil || string(text) != "4\n" {
			t.Errorf("%s was asked until %q, %v", host, text, err)
		}
	}
}

// A command on eight hosts, one of which is off and on one of which it fails.
func fleetRuns(t *testing.T, l *lab) {
	const command = `echo one; echo two; echo three >&2; test "$(cat /proc/sys/kernel/hostname)" != m4`
	r := l.nixhop(t, t.TempDir(), l.configured(t, "Host m8", "  Port 1"), slices.Concat([]string{"ssh"}, fleet, []string{"--", command})...)
	if r.code != 6 || !strings.Contains(r.stderr, "m4: the command ended with 1") || !strings.Contains(r.stderr, "2 hosts went no further, 6 done") {
		t.Errorf("status %d: %s", r.code, r.stderr)
	}
	for _, host := range fleet[:7] {
		one, two := strings.Index(r.stdout, host+": one\n"), strings.Index(r.stdout, host+": two\n")
		if one < 0 || two < one || strings.Count(r.stdout, host+": ") != 2 || !strings.Contains(r.stderr, host+": three\n") {
			t.Errorf("of %s:\n%s%s", host, r.stdout, r.stderr)
		}
	}
	if strings.Contains(r.stdout, "m8") {
		t.Errorf("m8 is off: %s", r.stdout)
	}
}

// Whenever nixhop is killed, each host is as before or fully switched, and the next run finishes the rest.
func fleetKilled(t *testing.T, l *lab) {
	dir := ""
	for _, phase := range []string{"connect", "check", "evaluate", "build", "copy", "activate"} {
		early := phase == "connect" || phase == "check" // one run behind the next kill shows it for these, too
		if dir == "" {
			dir = l.fleet(t, "killed in "+phase, nil)
		}
		killed := false
		cmd := l.command(t, dir, l.bare(nil), slices.Concat([]string{"switch"}, fleet, []string{"--json"})...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		events, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(events)
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"kind":"started"`) && strings.Contains(lines.Text(), `"phase":"`+phase+`"`) {
				killed = cmd.Process.Kill() == nil
				break
			}
		}
		_ = cmd.Wait()
		if !killed {
			t.Errorf("nixhop came to its end before the phase %s", phase)
		}
		for _, host := range fleet {
			l.ssh(t, host, "while systemctl list-units --plain --no-legend 'nixos-rebuild*' | grep -q .; do sleep 0.2; done")
			got := strings.Fields(l.ssh(t, host, "readlink /run/current-system; readlink -f /nix/var/nix/profiles/system"))
			if len(got) != 2 || got[0] != got[1] {
				t.Errorf("killed in %s: %s runs, and boots, %q", phase, host, got)
			}
		}
		if early {
			continue
		}
		if r := l.toFleet(t, dir, nil); r.code != 0 {
			t.Errorf("the run after one that was killed in %s: status %d\n%s", phase, r.code, r.stderr)
		}
		l.run8(t, dir, fleet...)
		dir = ""
	}
}

//go:build lab

package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// hostileCost is what a hostile host may cost here beside an honest one, in KiB.
const hostileCost = 16 << 10

// hostiles are login shells. Each gets -c and the command, and on standard input the probe.
var hostiles = []struct {
	user, shell string
	want        string // in what `nixhop check` prints; empty: whatever it says
}{
	{"flood", `head -c 100000000 /dev/zero | tr '\0' x; exec /bin/sh "$@"`,
		`it printed "xxxxxxxxxx`},
	{"endless", `while :; do echo '=again'; sleep 0.1; done`,
		`it printed "=again\n=again\n`},
	{"silent", `exec sleep 60`,
		`it printed nothing (no whole answer within 5s; a slow host gets more time with --connect-timeout SECONDS)`},
	{"errors", `head -c 100000000 /dev/zero | tr '\0' x >&2; exec /bin/sh "$@"`,
		``},
	{"shouts", `while :; do printf '\033[2Jowned\007'; done >&2`,
		`no whole answer within 5s`},
	{"escapes", `printf '\033]0;owned\007\033[2J\033[31mred\302\233\342\200\256\r\n'; exec /bin/sh "$@"`,
		`prints "\x1b]0;owned\a\x1b[2J\x1b[31mred\u009b\u202e\r\n" where it is not interactive`},
	{"complains", `printf 'no\n\033]0;owned\007\033[2Jshell for you' >&2; exit 7`,
		`it printed nothing ("ssh" exited with status 7: "\x1b]0;owned\a\x1b[2Jshell for you")`},
	{"forger", `while read -r line; do case $line in nonce=*) nonce=${line#nonce=}; break ;; esac; done
printf 'nixhop-begin-%s\nid=uid=0(ro\033[2Jot)\nuname=Linux \033]0;owned\007 x86_64\nprogram.nix-store=/x\nos_name=\033[31mred\nuname=Linux n1 x86_64\n' "$nonce"
printf 'nixos_version=\033[2J1\nboot_id=%08000d\nnixhop-end-%s\nnixhop-end-%s\n' 0 "$nonce" "$nonce"
while :; do sleep 1; done`,
		"RESULT"},
	{"guesser", `printf 'nixhop-begin-GUESS\nid=uid=0(root)\nuname=Linux n1 x86_64\nnixhop-end-GUESS\n'; sleep 60`,
		`it printed "nixhop-begin-GUESS\nid=uid=0(root)\n`},
	{"killed", `/bin/sh "$@" | { head -n 3; kill -9 $$; }`,
		`the host's answer to the probe has no end: it stops at "`},
}

// labHostile: whatever a host does in place of an answer to the probe, nixhop takes little memory for it, waits five
// seconds at most, and prints nothing of it raw.
func labHostile(t *testing.T, l *lab) {
	setup := "set -e\nmkdir -p /usr/local/hostile\n"
	for _, h := range hostiles {
		setup += fmt.Sprintf("cat >/usr/local/hostile/%s <<'END OF SHELL'\n#!/bin/bash\n%s\nEND OF SHELL\n", h.user, h.shell) +
			fmt.Sprintf("chmod 755 /usr/local/hostile/%[1]s\nuseradd --create-home --password '*' --shell /usr/local/hostile/%[1]s %[1]s\n", h.user) +
			fmt.Sprintf("cp -r /root/.ssh /home/%[1]s/.ssh\nchown -R %[1]s: /home/%[1]s\n", h.user)
	}
	cmd := l.sshCommand("n1", "/bin/sh -s")
	cmd.Stdin = strings.NewReader(setup)
	l.must(t, cmd)
	dir := l.systems(t)

	honest, usual := l.checked(t, dir, "admin@n1=n1")
	if !strings.Contains(honest.stdout, "RESULT") {
		t.Fatalf("%s%s", honest.stdout, honest.stderr)
	}
	t.Run("hosts", func(t *testing.T) {
		for _, h := range hostiles {
			t.Run(h.user, func(t *testing.T) {
				t.Parallel()
				r, peak := l.checked(t, dir, h.user+"@n1=n1")
				said := r.stdout + r.stderr
				if !strings.Contains(said, h.want) || r.code != 0 && r.code != 3 {
					t.Errorf("exit status %d, and no %q in\n%.2000s", r.code, h.want, said)
				}
				if i := strings.IndexFunc(said, raw); i >= 0 || len(said) > 8<<10 {
					t.Errorf("raw at %d of %d bytes: %.2000q", i, len(said), said)
				}
				t.Logf("%d KiB of memory, for an honest host %d", peak, usual)
				if peak > usual+hostileCost {
					t.Errorf("%d KiB of memory, for an honest host %d", peak, usual)
				}
			})
		}
	})
	l.noMasterLeft(t)
}

// raw finds what a terminal does not just show.
func raw(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// memoryPeak is the line of /proc/PID/status with the most memory that a process has had at a time, in KiB (proc(5)).
var memoryPeak = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// checked runs `nixhop check` for a HOST word, and returns how it ended and how much memory it has had, in KiB.
func (l *lab) checked(t *testing.T, dir, word string) (r result, peak int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := l.command(t, dir, nil, "check", word)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	for {
		text, _ := os.ReadFile(status)
		if match := memoryPeak.FindSubmatch(text); match != nil {
			peak, _ = strconv.Atoi(string(match[1]))
		}
		select {
		case <-ended:
			if peak == 0 {
				t.Errorf("%s: no memory was measured", word)
			}
			return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, peak
		case <-time.After(5 * time.Millisecond):
		}
	}
}

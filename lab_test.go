//go:build lab

// End-to-end tests on real hosts (testdata/lab/lab.sh): they need root on Debian.
// Run by: go test -tags lab -run TestLab .

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nixhop/testdata/terminal"
)

// TestLab boots the hosts once and runs every test on them, one after another: they share the hosts, and what a host
// is may be what the test before it made of it. Most of the time something is waited for: those of the other labs run
// beside it.
func TestLab(t *testing.T) {
	t.Parallel()
	l := startLab(t, "n1", "n2", "n3:2222")
	for _, test := range []struct {
		name string
		run  func(*testing.T, *lab)
	}{
		{"hosts answer", labHostsAnswer},
		{"a system is deployed by hand", labDeployByHand},
		{"the terminal interrupts", labTerminal},
		{"the manual's commands", labManualsCommands},
		{"which configuration", labWhichConfiguration},
		{"the guide's colmena hive", labColmena},
		{"networks of NixOps and morph", labNetworks},
		{"keys", labKeys},
		{"over a jump host, to another port", labJump},
		{"ports in HOST words", labPorts},
		{"a third build host", labThirdBuildHost},
		{"a third build host copies", labThirdBuildHostCopies},
		{"copies in one stream", labCopies},
		{"evaluated while ssh connects", labEvaluatedAhead},
		{"evaluated once", labEvaluatedOnce},
		{"a flake's inputs are asked for", labAsksForInputs},
		{"what a flake sets for Nix", labFlakeSettings},
		{"the plan is what runs", labPlan},
		{"cross-compiled", labCross},
		{"cross-compiled without a flake", labCrossClassic},
		{"cross-compiled by a hint", labCrossHint},
		{"the plan of a cross build is what runs", labCrossPlan},
		{"no cross build can be forced", labCrossRefused},
		{"a system of another platform", labForeign},
		{"ways to another platform", labWays},
		{"emulated", labEmulate},
		{"Ctrl-C and nixos-rebuild", labInterruptChild},
		{"Ctrl-C in a build", labInterruptBuild},
		{"Ctrl-C in an activation", labInterruptActivation},
		{"a killed nixhop", labKilled},
		{"a terminated nixhop", labTerminated},
		{"native actions", labNativeActions},
		{"native builds", labNativeBuilds},
		{"without a flake", labWithoutFlake},
		{"a host too old for nixos-rebuild-ng", labTooOldForNG},
		{"sessions", labSessions},
		{"change", labChange},
		{"exit statuses", labExitStatuses},
		{"a lost link", labLinkLost},
		{"a link that stays lost", labLinkGone},
		{"what a nixos-rebuild leaves", labAftermath},
		{"explanations", labExplanations},
		{"without systemd", labWithoutSystemd},
		{"a build host and no target", labHere},
		{"hostile hosts", labHostile},
		{"checks: no way to the host", labNoWay},
		{"checks: host keys", labHostKeys},
		{"checks: login denied", labDenied},
		{"a first host", labInit},
		{"checks: root", labRoot},
		{"root by doas", labDoas},
		{"root by rules of sudo", labSudoRules},
		{"checks: the password of sudo", labSudoPassword},
		{"checks: configurations", labConfigurations},
		{"checks: hosts", labHostFindings},
		{"checks: a pending reboot", labRebootPending},
		{"checks: a deployment from elsewhere", labRunningElsewhere},
		{"checks: odd surroundings", labSurroundings},
		{"checks: many hosts", labCheck},
		{"two bastions", labBastions},
		{"names that Nix does not take", labNames},
		{"checks: Ctrl-C", labCheckInterrupted},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, l) })
	}
}

// lab is a set of hosts that run for the length of one test.
type lab struct {
	dir     string   // of lab.sh
	config  string   // ssh config in which each host is an alias
	hosts   []string // aliases
	runtime string   // XDG_RUNTIME_DIR of every program that run and start start
	env     []string // "KEY=value" of this side of the lab, as dir/env has them
	program func() (string, error)
}

// startLab boots hosts, each a word of `lab.sh up` (NAME or NAME:PORT), and stops them when the test ends.
func startLab(t *testing.T, words ...string) *lab {
	t.Helper()
	// Not t.TempDir: a control socket's path must stay short.
	dir, err := os.MkdirTemp("/tmp", "nh")
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{dir: filepath.Join(dir, "lab"), runtime: filepath.Join(dir, "run")}
	l.config = filepath.Join(l.dir, "ssh_config")
	l.env = []string{
		"NIX_CONF_DIR=" + filepath.Join(l.dir, "nix"),
		"NIX_USER_CONF_FILES=" + filepath.Join(l.dir, "nix", "user.conf"),
		"XDG_RUNTIME_DIR=" + l.runtime,
		"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"),
		"NIXHOP_GUARD=0", // it has tests of its own
	}
	for _, made := range []string{l.runtime, filepath.Join(dir, "cache")} {
		if err := os.Mkdir(made, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, word := range words {
		name, _, _ := strings.Cut(word, ":")
		l.hosts = append(l.hosts, name)
	}
	l.program = sync.OnceValues(func() (string, error) {
		path := filepath.Join(dir, "bin", "nixhop")
		out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("go build: %w\n%s", err, out)
		}
		return path, err
	})
	t.Cleanup(func() {
		l.script(t, "down", l.dir)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	l.script(t, append([]string{"up", l.dir}, words...)...)
	return l
}

// script runs lab.sh: stop a host by l.script(t, "down", l.dir, "n2").
func (l *lab) script(t *testing.T, words ...string) {
	t.Helper()
	cmd := exec.Command("testdata/lab/lab.sh", words...)
	// Should this process be killed, the hosts go, too.
	cmd.Env = append(os.Environ(), fmt.Sprintf("NIXHOP_LAB_OWNER=%d", os.Getpid()))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("lab.sh %q: %v\n%s", words, err, out)
	}
}

// systems makes a git repository of the sample flake and returns its directory. Edits made before are pairs of an old
// and a new text in hosts.nix.
func (l *lab) systems(t *testing.T, edits ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "systems")
	if err := os.CopyFS(dir, os.DirFS("testdata/lab/flake")); err != nil {
		t.Fatal(err)
	}
	l.edit(t, dir, edits...)
	for _, words := range [][]string{{"init", "-q"}, {"add", "-A"}} {
		l.must(t, exec.Command("git", append([]string{"-C", dir}, words...)...))
	}
	return dir
}

// edit replaces texts in a repository's hosts.nix: pairs of an old and a new one.
func (l *lab) edit(t *testing.T, dir string, edits ...string) {
	t.Helper()
	file := filepath.Join(dir, "hosts.nix")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(edits); i += 2 {
		if !bytes.Contains(text, []byte(edits[i])) {
			t.Fatalf("hosts.nix has no %q", edits[i])
		}
	}
	if err := os.WriteFile(file, []byte(strings.NewReplacer(edits...).Replace(string(text))), 0o644); err != nil {
		t.Fatal(err)
	}
}

// build builds a configuration of a repository on this machine and returns its store path.
func (l *lab) build(t *testing.T, dir, configuration string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "result")
	cmd := exec.Command("nix", "build", "--out-link", out, ".#nixosConfigurations."+configuration+".config.system.build.toplevel")
	cmd.Dir = dir
	l.must(t, cmd)
	path, err := os.Readlink(out)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// result is how a program ended.
type result struct {
	stdout, stderr string
	code           int // 128+n when signal n ended it
}

// nixhop runs the program in a directory, with additions to the environment ("KEY=value"), without a terminal.
func (l *lab) nixhop(t *testing.T, dir string, env []string, args ...string) result {
	t.Helper()
	return l.run(t, l.command(t, dir, env, args...))
}

// command is the program with the lab's ssh config and environment; later entries of env win.
func (l *lab) command(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := l.program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), append(l.env, "NIXHOP_SSH_CONFIG="+l.config)...), env...)
	return cmd
}

// run runs a command to its end, whatever that is.
func (l *lab) run(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if cmd.Env == nil {
		cmd.Env = append(os.Environ(), l.env...)
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // without the terminal that the tests may be run on
	}
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("%q: %v", cmd.Args, err)
	}
	return result{stdout.String(), stderr.String(), ended(cmd.ProcessState)}
}

// ended is what a shell would have in $? after the process.
func ended(state *os.ProcessState) int {
	if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return 128 + int(wait.Signal())
	}
	return state.ExitCode()
}

// must runs a command and fails the test unless it exits with 0; it returns its standard output without the last
// newline.
func (l *lab) must(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	r := l.run(t, cmd)
	if r.code != 0 {
		t.Fatalf("%q: exit status %d\n%s%s", cmd.Args, r.code, r.stdout, r.stderr)
	}
	return strings.TrimSuffix(r.stdout, "\n")
}

// ssh runs a command on a host and fails the test unless it exits with 0. A host is an alias, or user@alias.
func (l *lab) ssh(t *testing.T, host, command string) string {
	t.Helper()
	return l.must(t, l.sshCommand(host, command))
}

// sshCommand is one connection of its own to a host.
func (l *lab) sshCommand(host, command string) *exec.Cmd {
	return exec.Command("ssh", "-F", l.config, "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "--", host, command)
}

// reboot restarts a host and returns when it answers again.
func (l *lab) reboot(t *testing.T, host string) {
	t.Helper()
	before := l.ssh(t, host, "cat /proc/sys/kernel/random/boot_id")
	l.run(t, l.sshCommand(host, "systemctl reboot"))
	within(t, 60*time.Second, host+" to come back", func() bool {
		r := l.run(t, l.sshCommand(host, "cat /proc/sys/kernel/random/boot_id"))
		return r.code == 0 && strings.TrimSpace(r.stdout) != before
	})
}

// log is everything that a host's sshd has written so far.
func (l *lab) log(t *testing.T, host string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(l.dir, "hosts", host, "root/var/log/sshd.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// connections runs f and returns how many logins the host's sshd accepted meanwhile. Do not call ssh in f.
func (l *lab) connections(t *testing.T, host string, f func()) int {
	t.Helper()
	before := len(l.log(t, host))
	f()
	return strings.Count(l.log(t, host)[before:], "Accepted publickey for ")
}

// noMasterLeft fails the test if a process that nixhop started on this side is still there, or the directory of a
// control socket. Every such process has the lab's own XDG_RUNTIME_DIR in its environment.
func (l *lab) noMasterLeft(t *testing.T) {
	t.Helper()
	var left []string
	gone := eventually(20*time.Second, func() bool {
		left = l.processes(t)
		entries, err := os.ReadDir(l.runtime)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			left = append(left, filepath.Join(l.runtime, entry.Name()))
		}
		return len(left) == 0
	})
	if !gone {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
		// The next test answers for itself only.
		for _, entry := range left {
			if strings.HasPrefix(entry, l.runtime) {
				_ = os.RemoveAll(entry)
			}
		}
	}
}

// processes lists what runs with the lab's XDG_RUNTIME_DIR: "PID: argv".
func (l *lab) processes(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, dir := range dirs {
		// A process can end between the listing and the reading.
		environ, err := os.ReadFile(filepath.Join(dir, "environ"))
		if err != nil || !bytes.Contains(environ, []byte("XDG_RUNTIME_DIR="+l.runtime+"\x00")) {
			continue
		}
		argv, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if terminal.Leads(string(argv)) {
			continue
		}
		found = append(found, filepath.Base(dir)+": "+strings.ReplaceAll(string(argv), "\x00", " "))
	}
	return found
}

// within waits for a condition and fails the test if it does not come true in time.
func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	if !eventually(limit, ok) {
		t.Fatalf("waited %v in vain for %s", limit, what)
	}
}

// eventually asks until the answer is yes or the time is up, and returns the last answer.
func eventually(limit time.Duration, ok func() bool) bool {
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

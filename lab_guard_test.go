//go:build lab

package main

import (
	"bufio"
	"cmp"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// undone is what the system before does as it is brought back: it takes back what a new one has done to files.
const undone = `systemctl start dbus.socket; cd /etc/ssh && sed -i 's/^Port 2022$/Port 22/' sshd_config.d/address.conf; ` +
	`[ ! -e ssh_away ] || mv ssh_away ssh_host_ed25519_key; [ ! -e /root/.ssh/away ] || mv /root/.ssh/away /root/.ssh/authorized_keys`

// guardFault is what a new system does to its host as it is activated.
type guardFault struct {
	name, lines string
	flags       []string
	stays       bool   // all the same
	says        string // else
}

// guardFaults are the ways to lose a host, and some that only look like it.
func guardFaults() []guardFault {
	const port = `sed -i 's/^Port 22$/Port 2022/' /etc/ssh/sshd_config.d/address.conf; systemctl restart ssh.service`
	return []guardFault{
		{name: "proved", lines: "true", stays: true},
		{name: "executes systemd anew", lines: "systemctl daemon-reexec", stays: true},
		{
			name: "stops sshd, and cuts the link", says: "Connection refused",
			lines: "systemctl stop ssh.service; systemctl kill --signal=KILL 'session-*.scope'; sleep 1",
		},
		{name: "another port", lines: port, says: "its guard has brought "},
		// Its key is on record for no such port; the host has told it before.
		{name: "another port, and it is expected", lines: port, flags: []string{"--expect", "elsewhere"}, stays: true},
		{
			name: "another host key", says: "REMOTE HOST IDENTIFICATION",
			lines: "cd /etc/ssh; mv ssh_host_ed25519_key ssh_away; ssh-keygen -q -t ed25519 -N '' -f ssh_new; " +
				"mv ssh_new ssh_host_ed25519_key; systemctl restart ssh.service",
		},
		{name: "no keys", lines: "mv /root/.ssh/authorized_keys /root/.ssh/away", says: "Permission denied"},
		{name: "hangs", lines: "sleep 600", flags: []string{"--activation-timeout", "2"}, says: "the activation did not come to its end"},
		{
			name: "ends its unit", says: "the activation did not come to its end",
			lines: "systemctl kill --signal=KILL nixos-rebuild-switch-to-configuration.service; sleep 5",
		},
		{
			name: "ends the guard", says: "its guard has brought ",
			lines: "systemctl stop ssh.service; systemctl kill --signal=KILL 'nixhop-guard-*'",
		},
		// As a panic does: nothing is stopped before.
		{name: "is booted anew", lines: "systemctl reboot --force --force; sleep 60", says: "it was rebooted before the new system was proved"},
		{name: "stops dbus", lines: "systemctl stop dbus.socket dbus.service", stays: true},
		// What the system before does not mend, for it says nothing of it, a boot does.
		{
			name: "masks sshd, and may be rebooted", flags: []string{"--guard-reboot"}, says: "it was rebooted before the new system was proved, and so is back in ",
			lines: "systemctl mask --runtime ssh.service; systemctl stop ssh.service; systemctl kill --signal=KILL 'session-*.scope'; sleep 1",
		},
		{name: "not healthy", lines: "true", flags: []string{"--health", "false", "--health-timeout", "1"}, says: "is not healthy after 1s"},
	}
}

// TestLabGuard has hosts lose themselves, and boot.
func TestLabGuard(t *testing.T) {
	t.Parallel()
	l := startLab(t, "n1", "n2", "n3:2222")
	t.Run("a guard", func(t *testing.T) { labGuard(t, l) })
	t.Run("a guarded reboot", func(t *testing.T) { labRebootOnce(t, l) })
}

// labGuard: a new system that cuts its host off, or ends badly, is taken back without anybody, and one that a new login
// proves stays. Each is a system that does something to its host as it is activated. Most of the time somebody waits,
// so the hosts share the faults.
func labGuard(t *testing.T, l *lab) {
	hosts := []string{"n1", "n2"}
	t.Run("faults", func(t *testing.T) {
		for i, host := range hosts {
			t.Run("on "+host, func(t *testing.T) {
				t.Parallel()
				for j, c := range guardFaults() {
					if j%len(hosts) == i {
						t.Run(c.name, func(t *testing.T) { l.guardedFault(t, host, c) })
					}
				}
			})
		}
	})
	l.noMasterLeft(t)
	t.Run("a specialisation", l.guardedSpecialisation)
	t.Run("nixhop is killed", l.guardAlone)
	t.Run("beside a nixos-rebuild", l.guardBeside)
}

// guardBeside: the same through nixos-rebuild, which does not know of the guard and has made the new system what boots:
// that is taken back, too.
func (l *lab) guardBeside(t *testing.T) {
	for _, c := range guardFaults() {
		if !slices.Contains([]string{"proved", "stops sshd, and cuts the link", "no keys"}, c.name) {
			continue
		}
		was := l.guardedBefore(t, "n1", "beside")
		boots := l.ssh(t, "n1", "readlink /nix/var/nix/profiles/system; grep default /boot/loader/loader.conf")
		dir := l.guardedSystem(t, "n1", "beside "+c.name, c.lines)
		env, code := "NIXHOP_GUARD=3", 5
		if c.stays {
			env, code = "NIXHOP_GUARD=60", 0
		}
		r := l.nixhop(t, dir, append(withEngine(t, "nixos-rebuild"), env), "switch", "n1")
		if r.code != code || !strings.Contains(r.stderr, c.says) || strings.Contains(r.stderr, "no guard") {
			t.Errorf("%s: exit status %d, want %d; it is to say %q\n%s", c.name, r.code, code, c.says, r.stderr)
		}
		now := l.ssh(t, "n1", "readlink /nix/var/nix/profiles/system; grep default /boot/loader/loader.conf")
		if c.stays {
			was = l.build(t, dir, "n1")
		} else if now != boots {
			t.Errorf("%s: it boots\n%s\nand has booted\n%s", c.name, now, boots)
		}
		l.runs(t, "n1", was)
		l.unguarded(t, "n1")
		l.noMasterLeft(t)
	}
	l.guardElsewhere(t)
}

// guardElsewhere: what somebody else deploys while nixos-rebuild builds is not taken back by the guard beside that, and
// nothing is left of one beside which nothing was activated.
func (l *lab) guardElsewhere(t *testing.T) {
	built := filepath.Join(t.TempDir(), "built")
	own := `n1 = system { hostName = "n1"; `
	dir := l.systems(t, own+`};`, own+`message = "elsewhere"; build = "until [ -e `+built+` ]; do sleep 0.1; done; exit 2"; };`)
	cmd := l.command(t, dir, append(withEngine(t, "nixos-rebuild"), "NIXHOP_GUARD=1"), "switch", "n1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.ssh(t, "n1", "n=0; until [ -e /run/nixhop/*/session ]; do n=$((n + 1)); [ $n -lt 1000 ] || exit 1; sleep 0.02; done")
	other := l.guardedSystem(t, "n1", "somebody else's", "sleep 1")
	succeeds(t, l.nixhop(t, other, nil, "switch", "n1", "--engine", "native"))
	time.Sleep(3 * time.Second) // longer than the guard has patience
	if err := os.WriteFile(built, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("a build that fails ended well")
	}
	l.unguarded(t, "n1")
	l.runs(t, "n1", l.build(t, other, "n1"))
	if left := l.ssh(t, "n1", "ls -d /run/nixhop/*/session; true"); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

// guardedFault deploys one system with a fault, under a guard.
func (l *lab) guardedFault(t *testing.T, host string, c guardFault) {
	was := l.guardedBefore(t, host, "guarded")
	dir := l.guardedSystem(t, host, "guarded "+c.name, c.lines)
	env := append(l.configured(t, "Host elsewhere", "  HostName "+l.address(t, host), "  Port 2022", "  User root",
		"  IdentityFile "+l.block(t, host, "IdentityFile")), "NIXHOP_GUARD=3")
	code := 5
	if c.stays {
		env[len(env)-1], code = "NIXHOP_GUARD=60", 0
	}
	r := l.nixhop(t, dir, env, append([]string{"switch", host, "--engine", "native"}, c.flags...)...)
	if r.code != code || !strings.Contains(r.stderr, c.says) {
		t.Errorf("exit status %d, want %d; it is to say %q\n%s", r.code, code, c.says, r.stderr)
	}
	if len(c.flags) > 0 && c.flags[0] == "--expect" {
		l.must(t, exec.Command("ssh", "-F", l.config, "-p", "2022", "-o", "HostKeyAlias="+l.address(t, host), host,
			"sh -c 'cd /etc/ssh && sed -i s/2022/22/ sshd_config.d/address.conf && systemctl restart ssh'"))
	}
	if c.stays {
		was = l.build(t, dir, host)
	}
	l.runs(t, host, was)
	l.unguarded(t, host)
}

// guardedSpecialisation: what runs may be a specialisation, which is what is brought back, while the boot takes the
// system that it is of.
func (l *lab) guardedSpecialisation(t *testing.T) {
	own := `n2 = system { hostName = "n2"; `
	dir := l.systems(t, own+`};`, own+`message = "loud"; activate = "true"; specialisation.quiet = { message = "quiet"; }; };`)
	succeeds(t, l.nixhop(t, dir, []string{"NIXHOP_GUARD=60"}, "switch", "n2", "--engine", "native", "--specialisation", "quiet"))
	before := l.ssh(t, "n2", "readlink /run/current-system; readlink -f /nix/var/nix/profiles/system; cat /run/current-system/etc/nixhop-message")
	if !strings.HasSuffix(before, "\nquiet") {
		t.Fatalf("n2 has no specialisation\n%s", before)
	}
	r := l.nixhop(t, l.guardedSystem(t, "n2", "guarded", "systemctl stop ssh.service"), []string{"NIXHOP_GUARD=2"}, "switch", "n2", "--engine", "native")
	if r.code != 5 || !strings.Contains(r.stderr, "its guard has brought ") {
		t.Errorf("exit status %d\n%s", r.code, r.stderr)
	}
	if after := l.ssh(t, "n2", "readlink /run/current-system; readlink -f /nix/var/nix/profiles/system; cat /run/current-system/etc/nixhop-message"); after != before {
		t.Errorf("n2 was\n%s\nand is\n%s", before, after)
	}
	l.unguarded(t, "n2")
}

// killedMoment is when nixhop is killed: a line that it prints, or something that its host or this machine shows.
type killedMoment struct {
	name, parameters string
	engine           string // empty: nixhop's own steps
	flags            []string
	line             string // that nixhop has printed
	there            string // a command that ends well on the host
	switched         bool   // else the host is as before
}

// killedMoments are those in which a guard is there, or is about to be; the phases before it are fleetKilled's.
func killedMoments() []killedMoment {
	const killed = `until [ -e /run/killed ]; do sleep 0.1; done`
	return []killedMoment{
		{name: "activate", parameters: `activate = "echo it has begun; ` + killed + `";`, line: "it has begun"},
		{name: "activate by nixos-rebuild", engine: "nixos-rebuild", parameters: `activate = "echo it has begun >&2; ` + killed + `";`, line: "it has begun"},
		{name: "prove", flags: []string{"--health", "sleep 60", "--health-timeout", "10"},
			there: "grep -q ^ended=yes /run/nixhop/guarded/outcome && [ -e /run/nixhop/guarded/open ]"},
		{name: "commit", parameters: `installBootLoader = "[ ! -L /run/nixhop/guarded ] || { touch /run/committing; ` + killed + `; }";`,
			there: "[ -e /run/committing ]", switched: true},
	}
}

// guardAlone: a guard needs nobody. Whenever nixhop is killed the host is as before, or fully switched, nothing is left
// there, and the next run goes well.
func (l *lab) guardAlone(t *testing.T) {
	was := l.guardedBefore(t, "n1", "killed")
	for _, moment := range killedMoments() {
		own := `n1 = system { hostName = "n1"; `
		dir := l.systems(t, own+`};`, own+`message = "killed in `+moment.name+`"; `+moment.parameters+` };`)
		l.ssh(t, "n1", "rm -f /run/killed")
		engine := cmp.Or(moment.engine, "native")
		cmd := l.command(t, dir, append(withEngine(t, engine), "NIXHOP_GUARD=1"), slices.Concat([]string{"switch", "n1", "--engine", engine}, moment.flags)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		said, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(said)
		for moment.line != "" && lines.Scan() && !strings.Contains(lines.Text(), moment.line) {
		}
		if moment.there != "" {
			l.ssh(t, "n1", "n=0; until "+moment.there+"; do n=$((n + 1)); [ $n -lt 1000 ] || exit 1; sleep 0.02; done 2>/dev/null")
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		l.ssh(t, "n1", "touch /run/killed")
		_, _ = io.Copy(io.Discard, said)
		_ = cmd.Wait()
		l.ssh(t, "n1", `n=0; while systemctl -q is-active 'nixhop-guard-*' 'nixos-rebuild-swit*'; do n=$((n + 1)); [ $n -lt 300 ] || exit 1; sleep 0.2; done`)
		system := l.build(t, dir, "n1")
		if moment.switched {
			was = system
		}
		l.runs(t, "n1", was)
		l.unguarded(t, "n1")
		was = system
		succeeds(t, l.nixhop(t, dir, []string{"NIXHOP_GUARD=60"}, "switch", "n1", "--engine", "native"))
		l.runs(t, "n1", system)
		l.unguarded(t, "n1")
	}
	l.noMasterLeft(t) // which waits until those of the killed ones have ended
}

// guardedSystem makes a flake whose host does something as it is activated.
func (l *lab) guardedSystem(t *testing.T, host, message, lines string) (dir string) {
	t.Helper()
	text := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(lines)
	was := host + ` = system { hostName = "` + host + `"; };`
	return l.systems(t, was, strings.Replace(was, "; };", `; message = "`+message+`"; activate = "`+text+`"; };`, 1))
}

// guardedBefore deploys the system that is to be brought back, and returns it.
func (l *lab) guardedBefore(t *testing.T, host, name string) (system string) {
	t.Helper()
	dir := l.guardedSystem(t, host, "before "+name, undone)
	succeeds(t, l.nixhop(t, dir, nil, "switch", host, "--engine", "native"))
	return l.build(t, dir, host)
}

// unguarded fails the test where a guard has left anything on a host.
func (l *lab) unguarded(t *testing.T, host string) {
	t.Helper()
	left := l.ssh(t, host, `n=0; while systemctl -q is-active 'nixhop-guard-*' && [ $n -lt 300 ]; do n=$((n + 1)); sleep 0.1; done
		systemctl list-units --all --plain --no-legend 'nixhop-*'
		ls -A /run/nixhop/*/ | grep -v -e '^outcome$' -e : -e '^$'; ls -d /run/nixhop/guarded 2>/dev/null; true`)
	if left != "" {
		t.Errorf("left behind on %s:\n%s", host, left)
	}
}

//go:build lab

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// labConfigurations: a flake that has nothing for the host, or something for another one.
func labConfigurations(t *testing.T, l *lab) {
	dir := l.committed(t)
	l.ordinary(t, dir, "n1", "n2")
	l.unchanged(t, func() {
		l.refused(t, "configuration: missing, named with the host", dir, nil, "switch", "n2=wep")
		l.refused(t, "configuration: missing, named with the flake", dir, nil, "switch", "n2", "--flake", ".#wep")
		hinted := l.configured(t, "Host n2", "# nixhop: configuration=wep")
		l.refused(t, "configuration: missing, named by a hint", dir, hinted, "switch", "n2")
		block := l.reached(t, "other", "n2", "IdentityFile "+l.block(t, "n2", "IdentityFile"))
		l.ssh(t, "n2", "hostname elsewhere")
		l.refused(t, "configuration: neither by alias nor by host name", dir, l.configured(t, block...), "switch", "other")
		l.ssh(t, "n2", "hostname n2")
		none := t.TempDir()
		if err := os.WriteFile(filepath.Join(none, "flake.nix"), []byte("{ outputs = { self }: { }; }\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		l.refused(t, "configuration: a flake without any", none, nil, "switch", "n2")
		if r := l.nixhop(t, t.TempDir(), l.bare(nil), "switch", "n2"); r.code != 1 || !strings.Contains(r.stderr, "n2: there is no flake here") {
			t.Errorf("no flake: exit status %d\n%s", r.code, r.stderr)
		}
		l.refused(t, "configuration: no flake, checked", t.TempDir(), nil, "check", "n2")
		l.refused(t, "configuration: no flake, and nothing named", t.TempDir(), nil, "check")
		l.refused(t, "configuration: does not evaluate", dir, nil, "switch", "n2=throws")
		l.refused(t, "configuration: does not evaluate, checked", dir, nil, "check", "n2=throws")
		l.refused(t, "configuration: for another host", dir, nil, "switch", "n2=web")
		l.refused(t, "configuration: for another platform", dir, nil, "switch", "n1=arm", "--build-host", "target", "--specialisation", "maintenance")
	})
}

// labHostFindings: what is found on a host that lets the user in. check shows it without a deployment.
func labHostFindings(t *testing.T, l *lab) {
	dir := l.committed(t)
	l.ordinary(t, dir, "n2")
	// on runs f while a command has made the host something else, and takes that back.
	on := func(make, undo string, f func()) {
		t.Helper()
		l.ssh(t, "n2", make)
		defer l.ssh(t, "n2", undo)
		f()
	}
	l.refused(t, "host: all is well", dir, nil, "check", "n2")
	l.refused(t, "host: a login that is not trusted", dir, nil, "switch", "admin@n2")
	l.refused(t, "host: a login shell that prints", dir, nil, "switch", "noisy@n2", "--build-host", "target")
	l.refused(t, "host: fish is no problem", dir, nil, "check", "fish@n2", "--build-host", "target")

	const reload = "systemctl reload ssh; sleep 0.2"
	on("mv /usr/bin/nix-store /usr/local/sbin/", "mv /usr/local/sbin/nix-store /usr/bin/", func() {
		l.refused(t, "host: no nix-store at all", dir, nil, "switch", "n2")
	})
	on("mkdir -p /opt/bin && for p in sh id cat uname; do ln -s /usr/bin/$p /opt/bin/; done; echo 'SetEnv PATH=/opt/bin' >/etc/ssh/sshd_config.d/path.conf; "+reload,
		"PATH=/usr/sbin:/usr/bin; rm -r /opt/bin /etc/ssh/sshd_config.d/path.conf; "+reload, func() {
			l.refused(t, "host: a PATH without Nix", dir, nil, "switch", "n2")
		})
	on("rm /etc/NIXOS; cp /etc/os-release /root/os; sed -i -e 's/^ID=.*/ID=debian/' -e 's/^PRETTY_NAME=.*/PRETTY_NAME=\"Debian GNU\\/Linux 12\"/' /etc/os-release",
		"touch /etc/NIXOS; cp /root/os /etc/os-release", func() {
			l.refused(t, "host: not NixOS", dir, nil, "check", "n2")
		})
	on("mount -t tmpfs -o size=1m none /boot", "umount /boot", func() {
		l.refused(t, "host: /boot is full", dir, nil, "switch", "n2")
	})
	// How large a kernel is that is not known: one of the lab has a few bytes.
	on("mv /run/current-system /run/aside; mount -t tmpfs -o size=20m none /boot", "umount /boot; mv -T /run/aside /run/current-system", func() {
		l.refused(t, "host: /boot has little room", dir, nil, "check", "n2")
	})
	// The store itself is the host's root, an overlay: a small file system over it, with the store's files in sight
	// below.
	on("mkdir -p /small && mount -t tmpfs -o size=64m none /small && mkdir /small/up /small/work && mount -t overlay none -o lowerdir=/nix/store,upperdir=/small/up,workdir=/small/work /nix/store",
		"umount /nix/store; umount /small", func() {
			l.refused(t, "host: the store is full", dir, nil, "switch", "n2")
		})
	on("mkdir -p /small && mount -t tmpfs -o nr_inodes=900 none /small && mkdir /small/up /small/work && mount -t overlay none -o lowerdir=/nix/store,upperdir=/small/up,workdir=/small/work /nix/store",
		"umount /nix/store; umount /small", func() {
			l.refused(t, "host: no inodes", dir, nil, "switch", "n2")
		})
	on("systemd-run -q --unit=nixos-upgrade.service sleep infinity", "systemctl stop nixos-upgrade.service", func() {
		l.refused(t, "host: it upgrades itself", dir, nil, "switch", "n2")
	})
	on("systemd-run -q --wait --unit=nixos-rebuild-switch-to-configuration false || true", "systemctl reset-failed", func() {
		l.refused(t, "host: the unit of a failed deployment", dir, nil, "check", "n2")
	})
	// No clock can be turned back in a container: what is asked for the time tells another one.
	on("printf '#!/bin/sh\nexec /bin/date -d \"1 hour ago\" \"$@\"\n' >/usr/local/bin/date; chmod +x /usr/local/bin/date", "rm /usr/local/bin/date", func() {
		l.refused(t, "host: a clock that is behind", dir, nil, "check", "n2")
	})
}

// labRebootPending: the host has got another kernel since it was booted.
func labRebootPending(t *testing.T, l *lab) {
	dir := l.committed(t)
	l.ordinary(t, dir, "n1")
	succeeds(t, l.nixhop(t, dir, l.bare(nil), "switch", "n1=new-kernel"))
	l.refused(t, "host: a reboot is pending", dir, nil, "check", "n1")
	for _, c := range []struct{ words, says string }{
		{"switch n1=new-kernel --reboot=if-needed", "on n1: it reboots, for kernel, initrd, kernel-modules; there is no way back but its boot menu, for "},
		{"boot n1 --reboot=if-needed", "on n1: it reboots, for kernel, initrd, kernel-modules, the system that boots next; there is no way back but its boot menu, for "},
		{"switch n1 --reboot=if-needed", "on n1: it needs no reboot\n"},
	} {
		before := l.ssh(t, "n1", "cat /proc/sys/kernel/random/boot_id")
		r := l.nixhop(t, dir, l.bare([]string{"NIXHOP_GUARD=60"}), strings.Fields(c.words)...)
		succeeds(t, r)
		reboots := strings.Contains(c.says, "it reboots")
		if back := strings.Contains(r.stderr, "on n1: it is back after "); !strings.Contains(r.stderr, c.says) || back != reboots {
			t.Errorf("%s: it is to say %q\n%s", c.words, c.says, r.stderr)
		}
		if now := l.ssh(t, "n1", "cat /proc/sys/kernel/random/boot_id"); (now != before) != reboots {
			t.Errorf("%s: the boot was %s, and is %s", c.words, before, now)
		}
	}
}

// labRunningElsewhere: another deployment is under way that this machine knows nothing of.
func labRunningElsewhere(t *testing.T, l *lab) {
	dir := l.committed(t, "sleep 15", "touch /run/waits; until [ -e /run/go ]; do sleep 0.1; done")
	l.ssh(t, "n1", "rm -f /run/go /run/waits")
	elsewhere, err := os.MkdirTemp("/tmp", "nhr")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(elsewhere)
	first := l.onTerminal(t, l.command(t, dir, l.bare([]string{"XDG_RUNTIME_DIR=" + elsewhere}), "switch", "n1=activation-slow"))
	within(t, time.Minute, "the first activation", func() bool {
		return l.run(t, l.sshCommand("n1", "test -e /run/waits")).code == 0
	})
	l.refused(t, "host: another deployment is running", dir, nil, "switch", "n1")
	l.ssh(t, "n1", "touch /run/go")
	if code := first.wait(); code != 0 {
		t.Errorf("the first one ended with %d\n%s", code, first.text())
	}
	l.runs(t, "n1", l.build(t, dir, "activation-slow"))
}

// labSurroundings: what is odd about this side does no harm.
func labSurroundings(t *testing.T, l *lab) {
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 20))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	quoted := filepath.Join(t.TempDir(), "a known hosts")
	if err := os.WriteFile(quoted, []byte(read(t, l.block(t, "n1", "UserKnownHostsFile"))), 0o600); err != nil {
		t.Fatal(err)
	}
	own := l.configured(t, "Host n1", "ControlMaster auto", "ControlPersist 1h", "ControlPath "+t.TempDir()+"/own-%C")
	if err := os.Chmod(strings.TrimPrefix(own[0], "NIXHOP_SSH_CONFIG="), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, engine := range engines {
		for name, env := range map[string][]string{
			"a long TMPDIR (NixOS/nixpkgs#168322)": {"TMPDIR=" + long, "XDG_RUNTIME_DIR=" + l.runtime},
			"NIX_SSHOPTS with spaces and quotes":   {`NIX_SSHOPTS=-o 'UserKnownHostsFile "` + quoted + `"' -oServerAliveInterval=7`},
			// ssh takes such a config where it is named by -F.
			"a ControlMaster of the user's in a config that everybody may write": own,
		} {
			dir := l.committed(t, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "`+engine+name+`"; };`)
			r := l.nixhop(t, dir, append(l.bare(withEngine(t, engine)), env...), "switch", "n1")
			if r.code != 0 {
				t.Errorf("%s, %s: exit status %d\n%s", engine, name, r.code, r.stderr)
				continue
			}
			l.runs(t, "n1", l.build(t, dir, "n1"))
			l.noMasterLeft(t)
		}
	}
}

// labCheck: several hosts side by side, in a table and as JSON; nothing is changed and nothing built.
func labCheck(t *testing.T, l *lab) {
	dir := l.committed(t)
	l.ordinary(t, dir, "n1", "n2", "n3")
	env := l.configured(t, "Host down", "HostName 127.0.0.1", "Port 9", "# nixhop: configuration=web tags=far",
		"Host alone", "HostName 127.0.0.1", "Port 9")
	l.unchanged(t, func() {
		l.refused(t, "check: all aliases with a configuration", dir, env, "check")
		l.refused(t, "check: all, and all is well", dir, nil, "check", "n*")
		l.refused(t, "check: by tag", dir, env, "check", "@far")
		l.refused(t, "check: several, some of them fine", dir, env, "check", "n1", "admin@n2", "root@n3", "down")
		l.refused(t, "check: several, one of them not known", dir, nil, "check", "n1", "ssh://n22", "n2=wep")
		l.refused(t, "check: one host, twice", dir, nil, "check", "n1", "n1=web")
		l.refused(t, "check: the build host is down", dir, env, "check", "n2", "--build-host", "down")
		l.refused(t, "check: something here, for all of them", l.systems(t), nil, "check", "n1", "n2")
		r := l.nixhop(t, dir, append(l.bare(nil), env...), "check", "--json")
		if r.code != 3 || r.stderr != "nixhop: 1 check failed: nothing was built, nothing was changed\n" {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
		results := map[string]string{}
		for line := range strings.Lines(r.stdout) {
			var row struct {
				Host, Configuration, Result string
				Findings                    []struct{ Name, Severity, What string }
			}
			decoder := json.NewDecoder(bytes.NewReader([]byte(line)))
			if err := decoder.Decode(&row); err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			results[row.Host] = row.Configuration + " " + row.Result
			for _, f := range row.Findings {
				results[row.Host] += " " + f.Severity + " " + f.Name
			}
		}
		for host, want := range map[string]string{"n1": "n1 ok", "n2": "n2 ok", "n3": "n3 ok", "down": " error error host-unreachable"} {
			if results[host] != want {
				t.Errorf("%s: %q, want %q", host, results[host], want)
			}
			delete(results, host)
		}
		if len(results) > 0 {
			t.Errorf("and %v", results)
		}
	})
	for line := range strings.Lines(l.nixhop(t, dir, l.bare(nil), "check").stdout) {
		if len(line) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
}

// labCheckInterrupted: Ctrl-C ends a check at once, whatever the hosts do.
func labCheckInterrupted(t *testing.T, l *lab) {
	dir := l.committed(t)
	env := append(l.bare(l.configured(t, "Host silent", "HostName 127.0.0.1", "Port "+listener(t), "# nixhop: configuration=web")), "CI=1") // without a view
	for _, hosts := range [][]string{{}, {"silent=web"}, {"n1", "silent=web"}} {
		args := append([]string{"check", "--connect-timeout", "50"}, hosts...)
		term := l.onTerminal(t, l.command(t, dir, env, args...))
		within(t, time.Minute, "ssh to the silent host", func() bool {
			for _, p := range l.processes(t) {
				if strings.Contains(p, "ssh ") && strings.HasSuffix(p, "-- silent ") {
					return true
				}
			}
			return false
		})
		term.types("\x03")
		r := term.finished()
		if r.code != 128+int(syscall.SIGINT) {
			t.Errorf("check %q: exit status %d\n%s", hosts, r.code, r.stderr)
		}
		if text := strings.ReplaceAll(r.stderr, "^C", ""); strings.TrimSpace(text) != "" {
			t.Errorf("check %q: it says\n%s", hosts, text)
		}
		l.noMasterLeft(t)
	}
	// The signal can come before there is an ssh that the terminal could send it to, too. Here it never does: only
	// nixhop gets it.
	for _, args := range [][]string{{"check", "silent=web"}, {"check", "n1", "silent=web"}, {"switch", "silent=web"}, {"list-generations", "silent"}} {
		term := l.onTerminal(t, l.command(t, dir, env, append(args, "--connect-timeout", "300")...))
		within(t, time.Minute, "ssh to the silent host", func() bool {
			return slices.ContainsFunc(l.processes(t), func(p string) bool { return strings.Contains(p, " -f -N ") && strings.HasSuffix(p, "-- silent ") })
		})
		if err := syscall.Kill(term.side.Pid, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if r := term.finished(); r.code != 128+int(syscall.SIGINT) {
			t.Errorf("%q: exit status %d\n%s", args, r.code, r.stderr)
		}
		l.noMasterLeft(t)
	}
}

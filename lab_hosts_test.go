//go:build lab

package main

import (
	"os/exec"
	"strings"
	"testing"
)

// labHostsAnswer: every host has a name, logins, Nix and a systemd of its own, and its log counts connections.
func labHostsAnswer(t *testing.T, l *lab) {
	for _, host := range l.hosts {
		if got := l.ssh(t, host, "hostname"); got != host {
			t.Errorf("%s calls itself %q", host, got)
		}
		if got := l.ssh(t, host, "systemd-run --wait --pipe --quiet systemctl is-system-running --wait"); got != "running" {
			t.Errorf("%s is %q", host, got)
		}
	}
	// All hosts are of one root file system: one is enough for the logins.
	host := l.hosts[0]
	for _, user := range []string{"root", "admin", "nosudo", "pw", "fish", "noisy"} {
		if got := l.ssh(t, user+"@"+host, "nix-store --version"); !strings.HasSuffix(got, "nix-store (Nix) 2.8.0") {
			t.Errorf("%s on %s: %q", user, host, got)
		}
	}
	if got := l.ssh(t, "admin@"+host, "sudo -n id -u"); got != "0" {
		t.Errorf("admin on %s is %q by sudo", host, got)
	}
	for _, user := range []string{"nosudo", "pw"} {
		if r := l.run(t, l.sshCommand(user+"@"+host, "sudo -n id -u")); r.code == 0 {
			t.Errorf("%s on %s has sudo without a password", user, host)
		}
	}
	// A user who is not root goes through the daemon, and is not trusted by it.
	if got := l.ssh(t, "admin@"+host, "nix store ping 2>&1"); !strings.Contains(got, "Store URL: daemon") {
		t.Errorf("nix for admin on %s: %q", host, got)
	}
	count := l.connections(t, "n1", func() {
		for range 2 {
			l.must(t, exec.Command("ssh", "-F", l.config, "n1", "true"))
		}
	})
	if count != 2 {
		t.Errorf("counted %d connections, made 2", count)
	}
}

// labDeployByHand: the sample flake's systems are built, copied, and change the host; what the stand-in exits with is
// what the real switch-to-configuration does.
func labDeployByHand(t *testing.T, l *lab) {
	dir := l.systems(t)
	deploy := func(configuration, action string) (string, result) {
		t.Helper()
		path := l.build(t, dir, configuration)
		cmd := exec.Command("nix", "copy", "--to", "ssh://n1", path)
		cmd.Env = append(cmd.Environ(), append(l.env, "NIX_SSHOPTS=-F "+l.config)...)
		l.must(t, cmd)
		l.ssh(t, "n1", "nix-env -p /nix/var/nix/profiles/system --set "+path)
		return path, l.run(t, l.sshCommand("n1", path+"/bin/switch-to-configuration "+action))
	}
	for _, test := range []struct {
		configuration, action string
		code                  int
		current               bool // is the running system afterwards
		stderr                string
	}{
		{"web", "dry-activate", 0, false, "would start the following units: hello.service"},
		{"web", "switch", 0, true, "the following new units were started: hello.service"},
		{"unit-fails", "boot", 0, false, ""},
		{"unit-fails", "switch", 4, true, "warning: the following units failed: broken.service"},
		{"activation-fails", "switch", 2, true, "Failed to run activate script"},
		{"reboot-needed", "switch", 100, false, "won't take effect until you reboot the system."},
		{"boot-loader-fails", "switch", 1, false, "Failed to install bootloader"},
		{"inhibited", "switch", 1, false, "Pre-switch checks failed"},
		{"n1", "test", 0, true, "activating the configuration..."},
	} {
		path, r := deploy(test.configuration, test.action)
		if r.code != test.code || !strings.Contains(r.stderr, test.stderr) {
			t.Errorf("%s %s: exit status %d, want %d and %q\n%s", test.action, test.configuration, r.code, test.code, test.stderr, r.stderr)
		}
		current := l.run(t, l.sshCommand("n1", "readlink /run/current-system"))
		if (strings.TrimSpace(current.stdout) == path) != test.current {
			t.Errorf("%s %s: the host's system is %q", test.action, test.configuration, current.stdout)
		}
	}

	path, _ := deploy("new-kernel", "boot")
	l.reboot(t, "n1")
	for _, link := range []string{"/run/booted-system", "/run/current-system"} {
		if got := l.ssh(t, "n1", "readlink "+link); got != path {
			t.Errorf("%s is %q after a reboot, not %q", link, got, path)
		}
	}
}

// labTerminal: Ctrl-C reaches the program on a terminal as SIGINT.
func labTerminal(t *testing.T, l *lab) {
	term := l.onTerminal(t, exec.Command("sh", "-c", "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.1; done"))
	term.expect("ready")
	if got := l.processes(t); len(got) == 0 {
		t.Error("a program that runs is not seen")
	}
	term.types("\x03")
	if code := term.wait(); code != 7 {
		t.Errorf("exit status %d", code)
	}
	term.expect("interrupted")
	l.noMasterLeft(t)
}

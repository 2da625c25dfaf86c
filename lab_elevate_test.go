//go:build lab

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labDoas: a login that is not root becomes it by doas, where sudo is not there or wants a password.
func labDoas(t *testing.T, l *lab) {
	dir := l.committed(t)
	rule := func(text string) { l.ssh(t, "n2", "printf '"+text+"\\n' >/etc/doas.conf; chmod 400 /etc/doas.conf") }
	defer l.ssh(t, "n2", "rm -f /etc/doas.conf")
	l.ssh(t, "n2", "mv /usr/bin/sudo /usr/bin/sudo.away")
	defer l.ssh(t, "n2", "mv /usr/bin/sudo.away /usr/bin/sudo")

	here := []string{"admin@n2", "--build-host", "target"}
	with := func(words ...string) []string { return append(append([]string{"switch"}, here...), words...) }
	l.unchanged(t, func() {
		l.refused(t, "root: doas without a rule", dir, nil, with()...)
		rule("permit admin")
		l.refused(t, "root: doas with a password", dir, nil, with()...)
		rule("permit nopass admin")
		l.refused(t, "root: --sudo, and there is only doas", dir, nil, with("--sudo")...)
		l.refused(t, "root: --elevate run0 without polkit", dir, nil, with("--elevate", "run0")...)
		l.refused(t, "root: --elevate none", dir, nil, with("--elevate", "none")...)
		l.refused(t, "root: only doas, and nixos-rebuild is to do it", dir, withEngine(t, "nixos-rebuild"), with("--engine", "nixos-rebuild")...)
	})

	for _, engine := range engines {
		dir := l.committed(t, `n2 = system { hostName = "n2"; };`, `n2 = system { hostName = "n2"; message = "doas and `+engine+`"; };`)
		calls := filepath.Join(t.TempDir(), "calls")
		env := l.bare(append(withEngine(t, engine), "NIXOS_REBUILD_CALLS="+calls))
		logins := l.connections(t, "n2", func() {
			r := l.nixhop(t, dir, env, with()...)
			succeeds(t, r)
			said := strings.Contains(r.stderr, "taking the steps by nix and ssh: root on admin@n2 is gained by doas, which ")
			if said != (engine == "nixos-rebuild") {
				t.Errorf("%s: it says\n%s", engine, r.stderr)
			}
		})
		if logins != 1 {
			t.Errorf("%s: %d connections, want one", engine, logins)
		}
		if text, err := os.ReadFile(calls); err == nil {
			t.Errorf("nixos-rebuild was run, which knows no doas: %s", text)
		}
		l.runs(t, "n2", l.build(t, dir, "n2"))
	}
	succeeds(t, l.nixhop(t, dir, l.bare(nil), "switch", "admin@n2", "--rollback"))
	if got := l.ssh(t, "n2", "cat /etc/nixhop-message"); got != "doas and nixos-rebuild" {
		t.Errorf("after the rollback the host says %q", got)
	}

	// Beside a sudo that wants a password, nobody is asked for it.
	l.ssh(t, "n2", "cp -p /usr/bin/sudo.away /usr/bin/sudo")
	rule("permit nopass pw")
	succeeds(t, l.nixhop(t, dir, l.bare(nil), "switch", "pw@n2", "--build-host", "target"))
	l.runs(t, "n2", l.build(t, dir, "n2"))
	l.unchanged(t, func() {
		l.refused(t, "root: --sudo with a password, and doas without", dir, nil, "switch", "pw@n2", "--build-host", "target", "--sudo")
	})
	l.noMasterLeft(t)
}

// labSudoRules: sudo that makes root of a login without a password, but not for everything (colmena#165,
// jappeace/linux-config#62), or by PAM (colmena#154). NixOS/nixpkgs has the very commands in nixos-rebuild.sh.
func labSudoRules(t *testing.T, l *lab) {
	sudoers := func(text string) {
		l.ssh(t, "n2", "printf 'nosudo ALL=(root) "+strings.ReplaceAll(text, "%", "%%")+"\\n' >/etc/sudoers.d/rules; chmod 440 /etc/sudoers.d/rules; visudo -cq")
	}
	defer l.ssh(t, "n2", "rm -f /etc/sudoers.d/rules")
	deploy := func(message string, words ...string) result {
		dir := l.committed(t, `n2 = system { hostName = "n2"; };`, `n2 = system { hostName = "n2"; message = "`+message+`"; };`)
		r := l.nixhop(t, dir, l.bare(withEngine(t, "nixos-rebuild")), append([]string{"switch", "nosudo@n2", "--build-host", "target"}, words...)...)
		if r.code == 0 {
			l.runs(t, "n2", l.build(t, dir, "n2"))
		}
		return r
	}
	const unit = "--pipe --quiet --same-dir --service-type=exec --unit=nixos-rebuild-switch-to-configuration --wait "
	sudoers("NOPASSWD: /usr/bin/nix-env -p /nix/var/nix/profiles/system --set /nix/store/*, /usr/bin/systemd-run -E LOCALE_ARCHIVE " +
		"-E NIXOS_INSTALL_BOOTLOADER= --collect --no-ask-password " + unit + "/nix/store/*/bin/switch-to-configuration switch")
	r := deploy("rules of sudo")
	succeeds(t, r)
	if !strings.Contains(r.stderr, "taking the steps by nix and ssh: sudo on nosudo@n2 wants no password for a few commands only") {
		t.Errorf("it says\n%s", r.stderr)
	}
	r = deploy("another action", "--install-bootloader")
	if r.code != 3 || !strings.Contains(r.stderr, "systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER=1 --collect") {
		t.Errorf("status %d:\n%s", r.code, r.stderr)
	}
	sudoers("NOPASSWD: /usr/bin/nix-env, /nix/store/*/bin/switch-to-configuration")
	succeeds(t, deploy("the rules of colmena"))

	sudoers("ALL, NOPASSWD: /sbin/reboot")
	if r = deploy("only the reboot"); r.code != 3 || !strings.Contains(r.stderr, "[sudo-password]") {
		t.Errorf("status %d:\n%s", r.code, r.stderr)
	}
	l.ssh(t, "n2", "cp -p /etc/pam.d/sudo /root/pam-sudo; sed -i '1i auth sufficient pam_exec.so quiet /bin/true' /etc/pam.d/sudo")
	defer l.ssh(t, "n2", "mv /root/pam-sudo /etc/pam.d/sudo")
	succeeds(t, deploy("PAM"))
	succeeds(t, deploy("PAM and own steps", "--engine", "native"))
	l.noMasterLeft(t)
}

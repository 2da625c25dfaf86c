//go:build lab

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labInit: somebody who has nothing but an address and a password gets an alias, knows the host and logs in by a key.
func labInit(t *testing.T, l *lab) {
	key := l.key(t, "first", "")
	home, config := t.TempDir(), filepath.Join(t.TempDir(), "config")
	if err := os.Mkdir(filepath.Join(home, ".ssh"), 0o700); err != nil { // where ssh-copy-id wants to write
		t.Fatal(err)
	}
	lines := []string{"Host *", "IdentityFile " + key, "IdentitiesOnly yes", "GlobalKnownHostsFile /dev/null", "UserKnownHostsFile " + config + ".known", ""}
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	l.ssh(t, "n1", "chown -R pw: /home/pw/.ssh && cp -p /home/pw/.ssh/authorized_keys /root/pw-keys")
	defer l.ssh(t, "n1", "cp -p /root/pw-keys /home/pw/.ssh/authorized_keys && rm /root/pw-keys")
	shown := strings.Fields(l.must(t, keygen("-lf", filepath.Join(l.dir, "hosts/n1/root/etc/ssh/ssh_host_ed25519_key.pub"))))[1]
	env := []string{"HOME=" + home, "NIXHOP_SSH_CONFIG=" + config}
	address := "pw@" + l.address(t, "n1") + ":" + l.block(t, "n1", "Port")
	term := l.onTerminal(t, l.command(t, t.TempDir(), env, "init", "first", "--address", address))
	for _, step := range [][2]string{
		{"write the alias to ", "yes"}, {"in front of all else? ", "yes"},
		{shown, ""}, {"have ssh ask about that key? ", "yes"}, {"fingerprint is " + shown, ""}, {"continue connecting", "yes"},
		{"ssh-copy-id? ", "yes"}, {"password:", "lab"}, {"logs in as pw without a question", ""}, {"check it now? ", "no"},
	} {
		if term.expect(step[0]); step[1] != "" {
			term.types(step[1] + "\r")
		}
	}
	if status := term.wait(); status != 0 {
		t.Fatalf("it ended with %d:\n%s", status, term.text())
	}
	succeeds(t, l.nixhop(t, t.TempDir(), env, "ssh", "first", "--", "true"))
}

//go:build lab

package main

import (
	"strings"
	"testing"
)

// labBastions: the same private address behind two bastions is two machines (ansible/ansible#57400, #63647). A build on
// the one that is named happens there, and not on the other, by any of the two ways in.
func labBastions(t *testing.T, l *lab) {
	dir := l.committed(t)
	// On each bastion the private name leads to that machine itself.
	var lines []string
	for name, host := range map[string]string{"t1": "n1", "t2": "n2"} {
		l.ssh(t, host, "grep -q ' private$' /etc/hosts || echo '"+l.address(t, host)+" private' >>/etc/hosts")
		lines = append(lines, "Host "+name, "HostName private", "ProxyJump "+host, "Port "+l.block(t, host, "Port"), "User root",
			"IdentityFile "+l.block(t, host, "IdentityFile"), "UserKnownHostsFile "+l.block(t, host, "UserKnownHostsFile"),
			"HostKeyAlias "+l.address(t, host))
	}
	env := l.configured(t, lines...)
	built := func(host string) int {
		return l.connections(t, host, func() {
			succeeds(t, l.nixhop(t, dir, env, "switch", "t1=n1", "--build-host", "t2", "--engine", "native"))
		})
	}
	if built("n2") == 0 {
		t.Error("nobody logged in to the build host")
	}
	if got := l.ssh(t, "n1", "readlink /run/current-system"); !strings.Contains(got, "-nixos-system-n1-") {
		t.Errorf("n1 runs %q", got)
	}
	// Two names of one machine are one: nothing is copied there and back.
	r := l.nixhop(t, dir, env, "switch", "t1=n1", "--build-host", "n1", "--engine", "native")
	succeeds(t, r)
	if strings.Contains(r.stderr, "copied") {
		t.Errorf("one machine by two names is taken for two:\n%s", r.stderr)
	}
}

// labNames: a name that ssh takes and Nix does not is deployed to by a plain name of ours (NixOS/nix#14685), over one
// connection.
func labNames(t *testing.T, l *lab) {
	dir := l.committed(t)
	env := l.configured(t, append(l.reached(t, "vmi/x", "n1"), "IdentityFile "+l.block(t, "n1", "IdentityFile"))...)
	for _, engine := range engines {
		count := l.connections(t, "n1", func() {
			succeeds(t, l.nixhop(t, dir, append(env, withEngine(t, engine)...), "switch", "vmi/x=n1"))
		})
		if count != 1 {
			t.Errorf("%s: %d connections", engine, count)
		}
	}
}

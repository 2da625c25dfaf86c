//go:build lab

package main

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// labCopies: paths go in one stream, by the nix-daemon of a host or without; where that fails, one by one. Signatures
// stay.
func labCopies(t *testing.T, l *lab) {
	n := 0
	const ordinary = `n2 = system { hostName = "n2"; };`
	fresh := func() string {
		n++
		return l.committed(t, ordinary, `n2 = system { hostName = "n2"; message = "copied `+rand.Text()+`"; };`)
	}
	native := []string{"--engine", "native", "--verbose"}
	deploy := func(what string, words []string, says ...string) {
		t.Helper()
		dir := fresh()
		r := l.nixhop(t, dir, nil, append(append([]string{"switch"}, words...), native...)...)
		if r.code != 0 {
			t.Fatalf("%s: exit status %d\n%s", what, r.code, r.stderr)
		}
		l.deployed(t, dir, "n2", r, says...)
	}
	const failed = "copying in one stream failed; copying path by path"
	deploy("by the daemon", []string{"n2"}, "copy --to ssh-ng://n2 ")
	deploy("a derivation, by a login that is not trusted", []string{"admin@n2", "--build-host", "target"}, "copy --derivation --to ssh-ng://admin@n2 ")

	l.ssh(t, "n2", `printf '#!/bin/sh\necho "no daemon today" >&2; exit 1\n' >/usr/local/bin/nix-daemon; chmod +x /usr/local/bin/nix-daemon`)
	deploy("by a daemon that is broken", []string{"n2"}, "no daemon today", failed, "copy --to ssh://n2 ")
	l.ssh(t, "n2", "rm /usr/local/bin/nix-daemon; mv /usr/bin/nix-daemon /usr/bin/nix-daemon.away")
	t.Cleanup(func() { l.run(t, l.sshCommand("n2", "mv /usr/bin/nix-daemon.away /usr/bin/nix-daemon")) })
	deploy("without a daemon", []string{"n2"}, " paths in one stream...")
	deploy("without a daemon, the derivation", []string{"n2", "--build-host", "target"}, " in one stream...")
	l.ssh(t, "n2", "mv /usr/bin/nix-daemon.away /usr/bin/nix-daemon")

	// A stream has no signatures: a login that is not trusted can bring nothing by it, which is why it is not tried
	// there.
	unsigned := exec.Command("sh", "-c", `nix-store --export "$1" | ssh -F "$2" nosudo@n2 nix-store --import`, "sh", l.build(t, fresh(), "n2"), l.config)
	if r := l.run(t, unsigned); r.code == 0 || !strings.Contains(r.stderr, "because it lacks a") {
		t.Errorf("a stream from a login that is not trusted: exit status %d\n%s", r.code, r.stderr)
	}

	// What comes back keeps its signatures, and has none that it had not.
	dir := fresh()
	l.ssh(t, "n1", "nix-store --generate-binary-cache-key lab-copies /root/key /root/key.pub; echo 'secret-key-files = /root/key' >>/etc/nix/nix.conf")
	t.Cleanup(func() { l.run(t, l.sshCommand("n1", "sed -i '/^secret-key-files/d' /etc/nix/nix.conf")) })
	signatures := func(dir string) (all, signed int) {
		system := l.build(t, dir, "n2")
		out := l.must(t, exec.Command("nix", "path-info", "--recursive", "--sigs", system))
		return strings.Count(out, "\n") + 1, strings.Count(out, "lab-copies:")
	}
	succeeds(t, l.nixhop(t, dir, nil, append([]string{"build", "n2", "--build-host", "n1"}, native...)...))
	if all, signed := signatures(dir); signed == 0 {
		t.Errorf("of %d paths none has kept its signature", all)
	}
	l.ssh(t, "n1", "sed -i '/^secret-key-files/d' /etc/nix/nix.conf")
	r := l.nixhop(t, fresh(), nil, append([]string{"build", "n2", "--build-host", "n1"}, native...)...)
	succeeds(t, r)
	if !strings.Contains(r.stderr, "stream") || strings.Contains(r.stderr, failed) {
		t.Errorf("what comes back goes in no stream:\n%s", r.stderr)
	}

	l.noMasterLeft(t)
	l.copyStopped(t)
}

// copyStopped: a copy that is stopped by Ctrl-C has brought what it had brought, whole, and the next one sends the
// rest.
func (l *lab) copyStopped(t *testing.T) {
	t.Helper()
	salt := rand.Text()
	dir := l.systems(t, `n2 = system { hostName = "n2"; };`,
		`n2 = system { hostName = "n2"; build = "# ${builtins.unsafeDiscardOutputDependency (import ./small.nix { salt = "`+salt+`"; count = 2000; }).deep.drvPath}"; };`)
	if err := os.WriteFile(filepath.Join(dir, "small.nix"), []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	l.must(t, git(dir, "add", "-A"))
	words := []string{"switch", "n2", "--build-host", "target", "--engine", "native"}
	store := filepath.Join(l.dir, "hosts", "n2", "root/nix/store/*-small-*.drv")
	term := l.onTerminal(t, l.command(t, dir, []string{"NIXHOP_SSH_CONFIG=" + l.farConfig(t, "n2")}, words...))
	within(t, time.Minute, "the first derivations to be there", func() bool {
		found, err := filepath.Glob(store)
		return err == nil && len(found) > 0
	})
	term.types("\x03")
	if code := term.wait(); code != 130 {
		t.Errorf("Ctrl-C in a copy: exit status %d", code)
	}
	term.expect("nothing was activated on n2: the copy was stopped")
	l.noMasterLeft(t)
	if said := l.ssh(t, "n2", "nix-store --verify --check-contents 2>&1"); strings.Contains(said, "was modified") || strings.Contains(said, "disappeared") {
		t.Errorf("the store is not whole:\n%s", said)
	}
	l.deployed(t, dir, "n2", l.nixhop(t, dir, nil, words...))
}

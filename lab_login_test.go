//go:build lab

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// keygen and git are these programs, quiet about who runs them.
func keygen(words ...string) *exec.Cmd { return exec.Command("ssh-keygen", words...) }
func git(dir string, words ...string) *exec.Cmd {
	return exec.Command("git", append([]string{"-C", dir}, words...)...)
}

// labNoWay: a host that ssh does not get to.
func labNoWay(t *testing.T, l *lab) {
	dir := l.committed(t)
	l.unchanged(t, func() {
		l.refused(t, "name: nobody's", dir, nil, "switch", "n9")
		l.refused(t, "name: nobody's, and none is near", dir, nil, "switch", "aquamarine")
		gone := l.configured(t, "Host gone", "HostName gone.invalid")
		l.refused(t, "name: an alias without address", dir, gone, "switch", "gone=n1")
		closed := l.configured(t, "Host closed", "HostName 127.0.0.1", "Port 9")
		l.refused(t, "host: refuses", dir, closed, "switch", "closed=n1")
		silent := l.configured(t, "Host silent", "HostName 127.0.0.1", "Port "+listener(t))
		l.refused(t, "host: does not answer", dir, silent, "switch", "silent=n1", "--connect-timeout", "1")
		r := l.run(t, inEmptyNetwork(l.command(t, dir, l.bare(nil), "switch", "n1")))
		l.pinned(t, "host: no network", []string{"switch", "n1"}, r)
		jump := l.configured(t, "Host down", "HostName 127.0.0.1", "Port 9",
			"Host behind", "HostName "+l.address(t, "n1"), "ProxyJump down")
		l.refused(t, "jump host: down", dir, jump, "switch", "behind=n1")
		other := l.key(t, "other", "")
		lines := append(l.reached(t, "gate", "n2", "IdentitiesOnly yes", "IdentityFile "+other),
			"Host behind", "HostName "+l.address(t, "n1"), "ProxyJump gate")
		l.refused(t, "jump host: denies the login", dir, l.configured(t, lines...), "switch", "behind=n1")
		beyond := l.configured(t, "Host behind", "HostName 127.0.0.1", "Port 9", "ProxyJump n2")
		l.refused(t, "jump host: the host behind it is down", dir, beyond, "switch", "behind=n1")
		broken := l.configured(t, "Host n1", "ConnectTimeut 5")
		l.refused(t, "ssh config: bad option", dir, broken, "switch", "n1")
		l.refused(t, "ssh config: bad option, checked", dir, broken, "check", "n1")
		l.refused(t, "ssh config: none there", dir, []string{"NIXHOP_SSH_CONFIG=/nonexistent/config"}, "switch", "n1")
		l.refused(t, "NIX_SSHOPTS: an open quote", dir, []string{`NIX_SSHOPTS=-o "User=root`}, "switch", "n1")
	})
}

// listener accepts connections and never says a word; it returns its port.
func listener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// inEmptyNetwork runs a command where there is no network at all.
func inEmptyNetwork(cmd *exec.Cmd) *exec.Cmd {
	cmd.Args = append([]string{"unshare", "--net", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/usr/bin/unshare"
	return cmd
}

// labHostKeys: a key is never accepted unasked, and a changed one never at all.
func labHostKeys(t *testing.T, l *lab) {
	dir := l.committed(t)
	known := filepath.Join(t.TempDir(), "known_hosts")
	env := l.bare(l.configured(t, "Host n1", "UserKnownHostsFile "+known))
	fingerprint := strings.Fields(l.must(t, keygen("-lf", filepath.Join(l.dir, "hosts/n1/root/etc/ssh/ssh_host_ed25519_key.pub"))))[1]
	l.unchanged(t, func() {
		r := l.nixhop(t, dir, env, "switch", "n1")
		l.pinned(t, "host key: unknown", []string{"switch", "n1"}, r)
		if !strings.Contains(r.stderr, fingerprint) {
			t.Errorf("not the host's own fingerprint %s:\n%s", fingerprint, r.stderr)
		}
		term := l.onTerminal(t, l.command(t, dir, env, "switch", "n1"))
		term.expect("Are you sure you want to continue connecting")
		if !strings.Contains(term.text(), fingerprint) {
			t.Errorf("ssh's own question is not to be seen:\n%s", term.text())
		}
		term.types("no\r")
		l.pinned(t, "host key: unknown, and no is typed", []string{"switch", "n1"}, term.finished())
		if text, err := os.ReadFile(known); err == nil && len(text) > 0 {
			t.Errorf("a key was remembered: %s", text)
		}
	})
	term := l.onTerminal(t, l.command(t, dir, env, "switch", "n1"))
	term.expect("Are you sure you want to continue connecting")
	term.types("yes\r")
	if code := term.wait(); code != 0 {
		t.Fatalf("exit status %d\n%s", code, term.text())
	}
	l.runs(t, "n1", l.build(t, dir, "n1"))
	remembered, err := os.ReadFile(known)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(known); err != nil {
		t.Fatal(err)
	}
	succeeds(t, l.nixhop(t, dir, env, "switch", "n1", "--accept-new"))
	if again, err := os.ReadFile(known); err != nil || !bytes.Equal(again, remembered) {
		t.Errorf("--accept-new remembered %q (%v), ssh's question %q", again, err, remembered)
	}
	l.noMasterLeft(t)

	// Another host's key in its place.
	changed := regexp.MustCompile(`AAAA\S+`).ReplaceAllString(string(remembered), l.hostKey(t, "n2"))
	if err := os.WriteFile(known, []byte("# mine\n"+changed), 0o600); err != nil {
		t.Fatal(err)
	}
	l.unchanged(t, func() {
		r := l.nixhop(t, dir, env, "switch", "n1")
		l.pinned(t, "host key: changed", []string{"switch", "n1"}, r)
		if !strings.Contains(r.stderr, known+":2\n") || !strings.Contains(r.stderr, fingerprint) {
			t.Errorf("neither file and line nor %s:\n%s", fingerprint, r.stderr)
		}
		r = l.nixhop(t, dir, env, "switch", "n1", "--accept-new")
		l.pinned(t, "host key: changed, with --accept-new", []string{"switch", "n1", "--accept-new"}, r)
		mend := regexp.MustCompile(`(?m)^ +(ssh-keygen .*?) +#`).FindStringSubmatch(r.stderr)
		if mend == nil {
			t.Fatalf("no command that mends it:\n%s", r.stderr)
		}
		l.must(t, exec.Command("sh", "-c", mend[1]))
		r = l.nixhop(t, dir, env, "switch", "n1")
		l.pinned(t, "host key: unknown", []string{"switch", "n1"}, r)
		if text, _ := os.ReadFile(known); string(text) != "# mine\n" {
			t.Errorf("left in %s: %s", known, text)
		}
	})
	succeeds(t, l.nixhop(t, dir, env, "switch", "n1", "--accept-new"))
	l.noMasterLeft(t)
}

// hostKey is the public key of a host, without its type.
func (l *lab) hostKey(t *testing.T, host string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(l.dir, "hosts", host, "root/etc/ssh/ssh_host_ed25519_key.pub"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))[1]
}

// labDenied: a host that does not let the user in.
func labDenied(t *testing.T, l *lab) {
	dir := l.committed(t)
	right := l.block(t, "n1", "IdentityFile")
	wrong, locked := l.key(t, "wrong", ""), l.key(t, "locked", "secret")
	// The host takes the one with the passphrase, too.
	l.ssh(t, "n1", "cat >>/root/.ssh/authorized_keys <<'END'\n"+strings.TrimSpace(read(t, locked+".pub"))+"\nEND")
	with := func(lines ...string) []string {
		return l.configured(t, append(l.reached(t, "door", "n1", "IdentitiesOnly yes"), lines...)...)
	}
	agent := startAgent(t)
	l.unchanged(t, func() {
		l.refused(t, "login: wrong key", dir, with("IdentityFile "+wrong), "switch", "door=n1")
		l.refused(t, "login: no key", dir, with("IdentityFile /nonexistent/key"), "switch", "door=n1")
		l.refused(t, "login: a passphrase and no agent", dir, with("IdentityFile "+locked), "switch", "door=n1")
		empty := append(with("IdentityFile "+locked), "SSH_AUTH_SOCK="+agent)
		l.refused(t, "login: a passphrase and an empty agent", dir, empty, "switch", "door=n1")
		l.refused(t, "login: an empty agent", dir, append(with("IdentityFile "+wrong), "SSH_AUTH_SOCK="+agent), "switch", "door=n1")
		l.refused(t, "login: no such user", dir, with("IdentityFile "+right), "switch", "nemo@door=n1")
		sudo := append(with("IdentityFile "+wrong), "SUDO_USER=daemon")
		l.refused(t, "login: root's key under sudo", dir, sudo, "switch", "door=n1")
		for n := range 8 {
			add := exec.Command("ssh-add", "-q", l.key(t, fmt.Sprintf("key%d", n), ""))
			add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+agent)
			l.must(t, add)
		}
		many := append(l.configured(t, l.reached(t, "door", "n1", "IdentitiesOnly no", "IdentityFile "+right)...), "SSH_AUTH_SOCK="+agent)
		l.refused(t, "login: too many keys", dir, many, "switch", "door=n1")
	})
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// startAgent starts an ssh agent for the length of the test and returns its socket.
func startAgent(t *testing.T) string {
	t.Helper()
	// Not t.TempDir: a socket's path must stay short.
	dir, err := os.MkdirTemp("/tmp", "nha")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		agent.Process.Kill()
		agent.Wait()
		os.RemoveAll(dir)
	})
	within(t, 10*time.Second, "the agent", func() bool { _, err := os.Stat(socket); return err == nil })
	return socket
}

// labRoot: a login that is not root, and how it becomes it.
func labRoot(t *testing.T, l *lab) {
	dir := l.committed(t)
	l.ordinary(t, dir, "n1")
	l.unchanged(t, func() {
		l.refused(t, "root: no sudo", dir, nil, "switch", "nosudo@n1", "--build-host", "target")
		l.refused(t, "root: a password, and no terminal", dir, nil, "switch", "pw@n1", "--build-host", "target")
		l.ssh(t, "n1", "usermod -a -G sudo pw")
		l.refused(t, "root: a password of a sudoer, and no terminal", dir, nil, "switch", "pw@n1", "--build-host", "target")
		l.ssh(t, "n1", "gpasswd -d pw sudo")
		term := l.onTerminal(t, l.command(t, dir, l.bare(nil), "switch", "pw@n1", "--build-host", "target"))
		would := l.onTerminal(t, l.command(t, dir, l.bare(nil), "check", "pw@n1", "--build-host", "target"))
		l.pinned(t, "root: a password, checked on a terminal", []string{"check", "pw@n1", "--build-host", "target"}, would.finished())
		for n := range 3 {
			within(t, time.Minute, "the next question", func() bool { return strings.Count(term.text(), "password for pw") > n })
			term.types("wrong\r")
		}
		l.pinned(t, "root: three wrong passwords", []string{"switch", "pw@n1", "--build-host", "target"}, term.finished())
	})
	l.noMasterLeft(t)
}

// labSudoPassword: the password of sudo goes to its standard input and nowhere else: no argv, no environment, no log.
func labSudoPassword(t *testing.T, l *lab) {
	const secret = "Xyzzy-4711-plugh"
	setPassword := func(word string) {
		cmd := l.sshCommand("n1", "chpasswd")
		cmd.Stdin = strings.NewReader("pw:" + word + "\n")
		l.must(t, cmd)
	}
	setPassword(secret)
	defer setPassword("lab")
	dir := l.committed(t, "sleep 15", "touch /run/waits; while [ ! -e /run/go ]; do sleep 0.1; done")
	l.ssh(t, "n1", "rm -f /run/go /run/waits")
	term := l.onTerminal(t, l.command(t, dir, l.bare(nil), "switch", "pw@n1=activation-slow", "--build-host", "target", "-vvv"))
	term.expect("password for pw")
	term.types(secret + "\r")
	within(t, time.Minute, "the activation", func() bool { return l.run(t, l.sshCommand("n1", "test -e /run/waits")).code == 0 })
	scanned := 0
	for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files { // those of the host are among them
			text, err := os.ReadFile(file)
			if err == nil {
				scanned++
			}
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the password stands in %s: %q", file, text)
			}
		}
	}
	if scanned < 10 {
		t.Errorf("only %d files could be read", scanned)
	}
	l.ssh(t, "n1", "touch /run/go")
	if r := term.finished(); r.code != 0 || strings.Contains(r.stderr, secret) {
		t.Errorf("exit status %d, or the password is to be seen:\n%s", r.code, r.stderr)
	}
	if got := l.ssh(t, "n1", "journalctl --no-pager | grep -c "+secret+"; grep -rlF "+secret+" /tmp /var/log /root /home; true"); got != "0" {
		t.Errorf("the password is on the host: %s", got)
	}
	l.runs(t, "n1", l.build(t, dir, "activation-slow"))
	l.noMasterLeft(t)
}

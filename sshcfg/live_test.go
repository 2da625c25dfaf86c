package sshcfg

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// lab is a directory with keys, and real sshds on the loopback interface.
type lab struct {
	t   *testing.T
	dir string
	me  string
}

// newLab makes the keys: host keys "host" and "other", login keys "k1" and "k2".
func newLab(t *testing.T) lab {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil {
		t.Skip("needs openssh-server")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: sshd and ssh-agent want short paths.
	dir, err := os.MkdirTemp("/tmp", "sshcfg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l := lab{t, dir, me.Username}
	for _, name := range []string{"host", "other", "k1", "k2"} {
		l.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", l.path(name))
	}
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l lab) path(name string) string { return filepath.Join(l.dir, name) }

func (l lab) run(argv ...string) string {
	l.t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("%q: %v\n%s", argv, err, out)
	}
	return strings.TrimSpace(string(out))
}

// public is the public key of that name, type and base64.
func (l lab) public(name string) string {
	l.t.Helper()
	text, err := os.ReadFile(l.path(name + ".pub"))
	if err != nil {
		l.t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text))[:2], " ")
}

// fingerprint is that key's, as ssh-keygen says it.
func (l lab) fingerprint(name string) string {
	return strings.Fields(l.run("ssh-keygen", "-l", "-f", l.path(name+".pub")))[1]
}

// freePort is a port on which nothing listens now.
func (l lab) freePort() int {
	l.t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		l.t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// sshd starts one that lets the given key in, if any, and returns its port once it listens.
func (l lab) sshd(key string, options ...string) int {
	l.t.Helper()
	// Where each refused login counts (since OpenSSH 9.8), the next ones would not even be heard.
	if off := "PerSourcePenalties=no"; exec.Command("/usr/sbin/sshd", "-t", "-f", os.DevNull, "-h", l.path("host"), "-o", off).Run() == nil {
		options = append(options, off)
	}
	authorized := ""
	if key != "" {
		authorized = l.public(key) + "\n"
	}
	for range 5 { // another process may take the port first
		port := l.freePort()
		keys := write(l.t, l.path(fmt.Sprintf("authorized%d", port)), authorized)
		config := write(l.t, l.path(fmt.Sprintf("sshd%d", port)), fmt.Sprintf("ListenAddress 127.0.0.1:%d\nHostKey %s\nAuthorizedKeysFile %s\n"+
			"StrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n%s\n", port, l.path("host"), keys, strings.Join(options, "\n")))
		cmd := exec.Command("/usr/sbin/sshd", "-D", "-e", "-f", config)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			l.t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			l.t.Fatal(err)
		}
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "Server listening on") {
				drained := make(chan struct{})
				go func() {
					defer close(drained)
					for lines.Scan() {
					}
				}()
				l.t.Cleanup(func() { _ = cmd.Process.Kill(); <-drained; _ = cmd.Wait() })
				return port
			}
		}
		_ = cmd.Wait()
	}
	l.t.Fatal("no sshd")
	return 0
}

// listener takes connections and gives each to serve.
func (l lab) listener(serve func(net.Conn)) int {
	l.t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		l.t.Fatal(err)
	}
	done := make(chan struct{})
	l.t.Cleanup(func() { listener.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			serve(conn)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// diagnose runs ssh, which must fail, with that config and host, and diagnoses its log and standard error.
func (l lab) diagnose(config, host string, env ...string) Failure {
	l.t.Helper()
	base := fmt.Sprintf("Host *\n  ConnectTimeout 60\n  BatchMode yes\n  GlobalKnownHostsFile /dev/null\n  UserKnownHostsFile %s\n  IdentityFile %s\n  IdentityFile %s\n",
		l.path("known"), l.path("k1"), l.path("k2"))
	file := write(l.t, l.path("config"), config+"\n"+base)
	log := l.path("log")
	os.Remove(log)
	cmd := exec.Command("ssh", "-F", file, "-E", log, "-o", "LogLevel=DEBUG1", "--", host, "true")
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK=", "LC_ALL=C")
	cmd.Env = append(cmd.Env, env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	// An ssh of a jump may outlive the outer one with our pipe in its hands.
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err == nil {
		l.t.Fatalf("ssh %s succeeded", host)
	}
	text, err := os.ReadFile(log)
	if err != nil && !os.IsNotExist(err) {
		l.t.Fatal(err)
	}
	return Diagnose(string(text) + stderr.String())
}

func (l lab) known(name, port any, key string) string {
	return fmt.Sprintf("[%v]:%v %s\n", name, port, l.public(key))
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// Every failure of a host key, made to happen.
func TestDiagnoseLiveHostKeys(t *testing.T) {
	l := newLab(t)
	port := l.sshd("k1")
	web := fmt.Sprintf("Host web\n  HostName 127.0.0.1\n  Port %d\n", port)
	name := fmt.Sprintf("[127.0.0.1]:%d", port)
	key := HostKey{"ssh-ed25519", l.fingerprint("host")}

	write(t, l.path("known"), "")
	for _, strict := range []string{"", "  StrictHostKeyChecking yes\n"} {
		f := l.diagnose(web+strict, "web")
		check(t, "unknown", f.Kind, HostKeyUnknown)
		check(t, "unknown: key", f.Key, key)
		check(t, "unknown: name", f.KeyName, name)
	}
	f := l.diagnose(web+"  HostKeyAlias web.alias\n", "web")
	check(t, "unknown with HostKeyAlias", f.KeyName, "web.alias")

	second := write(t, l.path("second known"), "# comment\n"+l.known("127.0.0.1", port, "other"))
	for _, hashed := range []bool{false, true} {
		if hashed {
			l.run("ssh-keygen", "-q", "-H", "-f", second)
		}
		f = l.diagnose(web+fmt.Sprintf("  UserKnownHostsFile %s \"%s\"\n", l.path("known"), second), "web")
		check(t, "changed", f.Kind, HostKeyChanged)
		check(t, "changed: place", fmt.Sprint(f.File, ":", f.Line), second+":2")
		check(t, "changed: key", f.Key, key)
		check(t, "changed: command", f.Remove, []string{"ssh-keygen", "-f", second, "-R", name})
	}
	l.run(f.Remove...)
	f = l.diagnose(web+fmt.Sprintf("  UserKnownHostsFile \"%s\"\n", second), "web")
	check(t, "after its own remedy", f.Kind, HostKeyUnknown)

	write(t, l.path("known"), "web.alias "+l.public("other")+"\n")
	f = l.diagnose(web+"  HostKeyAlias web.alias\n", "web")
	check(t, "changed alias", f.Remove, []string{"ssh-keygen", "-f", l.path("known"), "-R", "web.alias"})

	write(t, l.path("known"), "@revoked "+l.known("127.0.0.1", port, "host"))
	f = l.diagnose(web, "web")
	check(t, "revoked", f.Kind, HostKeyRevoked)
	check(t, "revoked: no command", f.Remove, []string(nil))
	revoked := fmt.Sprintf("  RevokedHostKeys %s\n", l.path("host.pub"))
	write(t, l.path("known"), l.known("127.0.0.1", port, "host"))
	f = l.diagnose(web+revoked, "web")
	check(t, "revoked by a file", []any{f.Kind, f.File}, []any{HostKeyRevoked, l.path("host.pub")})
}

// Every refused login, made to happen.
func TestDiagnoseLiveLogins(t *testing.T) {
	l := newLab(t)
	port, strict := l.sshd(""), l.sshd("", "MaxAuthTries 1", "Banner "+write(t, l.path("banner"), "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\x1b[31m\n"))
	write(t, l.path("known"), l.known("127.0.0.1", port, "host")+l.known("127.0.0.1", strict, "host"))
	web := fmt.Sprintf("Host web\n  HostName 127.0.0.1\n  Port %d\nHost strict\n  HostName 127.0.0.1\n  Port %d\n", port, strict)
	// How many keys MaxAuthTries 1 lets one try differs: one with OpenSSH 9, seven with 10.6.
	for n := range 9 {
		l.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l.path(fmt.Sprint("many", n)))
		web += "  IdentityFile " + l.path(fmt.Sprint("many", n)) + "\n"
	}
	offered := func(name string, agent bool) OfferedKey {
		return OfferedKey{Path: l.path(name), Type: "ED25519", Fingerprint: l.fingerprint(name), Agent: agent}
	}

	f := l.diagnose(web, "web")
	check(t, "denied", f.Kind, Denied)
	check(t, "denied: user", f.User, l.me)
	check(t, "denied: methods", f.Methods, []string{"publickey"})
	check(t, "denied: offered", f.Offered, []OfferedKey{offered("k1", false), offered("k2", false)})
	check(t, "denied: agent", f.Agent, Agent{})
	check(t, "denied: other user", l.diagnose(web, "ann@web").User, "ann")

	f = l.diagnose(web, "strict")
	check(t, "too many", f.Kind, TooManyFailures)
	for n, key := range f.Offered {
		check(t, "too many: offered", key, offered(fmt.Sprint("many", n), false))
	}
	if n := len(f.Offered); n == 0 || n == 9 {
		t.Errorf("too many: %d keys offered", n)
	}

	f = l.diagnose("PubkeyAuthentication no\n"+web, "web")
	check(t, "no key", f.Kind, Denied)
	check(t, "no key: offered", f.Offered, []OfferedKey(nil))

	socket := l.path("agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	out, err := agent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = agent.Process.Kill(); _ = agent.Wait() }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it listens by then
		t.Fatal(err)
	}
	env := "SSH_AUTH_SOCK=" + socket
	check(t, "empty agent", l.diagnose(web, "web", env).Agent, Agent{Answered: true})
	l.run("env", env, "ssh-add", "-q", l.path("k2"))
	f = l.diagnose(web, "web", env)
	check(t, "agent", f.Agent, Agent{Answered: true, Keys: 1})
	check(t, "agent: offered", f.Offered, []OfferedKey{offered("k2", true), offered("k1", false)})
	f = l.diagnose(web, "web", env+".gone")
	check(t, "agent gone", f.Agent, Agent{Text: "No such file or directory"})

	// A key that the host would take, but with a passphrase that nobody gives.
	l.run("ssh-keygen", "-q", "-p", "-N", "secret", "-f", l.path("k1"))
	locked := fmt.Sprintf("Host locked\n  HostName 127.0.0.1\n  Port %d\n  StrictHostKeyChecking accept-new\n", l.sshd("k1"))
	f = l.diagnose(locked, "locked")
	check(t, "locked", f.Kind, Denied)
	accepted := offered("k1", false)
	accepted.Accepted = true
	check(t, "locked: offered", f.Offered, []OfferedKey{accepted, offered("k2", false)})
}

// Every way not to reach a host, made to happen.
func TestDiagnoseLiveWays(t *testing.T) {
	l := newLab(t)
	open, closed := l.sshd("k1"), l.sshd("")
	down := l.freePort()
	silent := l.listener(func(net.Conn) {})
	closing := l.listener(func(conn net.Conn) { conn.Close() })
	web := l.listener(func(conn net.Conn) { fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n"); conn.Close() })
	write(t, l.path("known"), l.known("127.0.0.1", open, "host")+l.known("127.0.0.1", closed, "host"))
	var config strings.Builder
	for name, port := range map[string]int{"open": open, "closed": closed, "down": down, "silent": silent, "closing": closing, "web": web} {
		fmt.Fprintf(&config, "Host %s via-*-to-%[1]s\n  HostName 127.0.0.1\n  Port %d\n", name, port)
		fmt.Fprintf(&config, "Host via-%s-*\n  ProxyJump %[1]s\n", name)
	}
	config.WriteString("Host silent\n  ConnectTimeout 1\nHost nowhere via-*-nowhere\n  HostName nowhere.invalid\nHost via-nowhere-*\n  ProxyJump nowhere\n" +
		"Host two\n  ProxyJump open,closed\nHost command\n  ProxyCommand echo oops >&2\nHost user\n  ProxyJump ann@open\n")
	tests := []struct {
		host        string
		kind, cause FailureKind
		jump        string
		port        int
	}{
		{"down", Refused, "", "", down},
		{"nowhere", Unresolved, "", "", 0},
		{"silent", TimedOut, "", "", silent},
		{"closing", Kex, "", "", closing},
		{"web", Kex, "", "", web},
		{"via-down-to-open", JumpFailed, Refused, "down", down},
		{"via-closed-to-open", JumpFailed, Denied, "closed", 0},
		{"via-nowhere-to-open", JumpFailed, Unresolved, "nowhere", 0},
		{"via-closing-to-open", JumpFailed, Kex, "closing", 0},
		{"via-open-to-down", Refused, "", "open", down},
		{"via-open-nowhere", Unresolved, "", "open", 22},
		{"via-open-to-closed", Denied, "", "open", closed},
		{"two", JumpFailed, Denied, "open,closed", 0},
		{"user", JumpFailed, Denied, "ann@open", 0},
		{"command", JumpFailed, UnknownFailure, "", 0},
	}
	for _, test := range tests {
		f := l.diagnose(config.String(), test.host)
		check(t, test.host, []any{f.Kind, f.Cause, f.Jump, f.Port}, []any{test.kind, test.cause, test.jump, test.port})
	}
	f := l.diagnose("Host web\n  Foo x\n", "web")
	check(t, "config", []any{f.Kind, f.File, f.Line, f.Text}, []any{BadConfig, l.path("config"), 2, "Bad configuration option: foo"})
}

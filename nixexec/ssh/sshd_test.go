package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"nixhop/nixexec"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a real sshd on this machine, with a log and a client configuration of its own.
type server struct {
	t      *testing.T
	pid    int
	log    string
	config string
}

// startServer starts sshd on a free port, and writes a client configuration that names it "web" and "alias", and "far"
// behind a jump host that nobody answers for.
func startServer(t *testing.T) *server {
	t.Helper()
	sshd, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		sshd, err = exec.LookPath("sshd")
	}
	if err != nil {
		t.Skip("there is no sshd here")
	}
	if os.Getuid() == 0 {
		_ = os.MkdirAll("/run/sshd", 0o755) // Debian's sshd wants it
	}
	self, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &server{t: t, log: filepath.Join(dir, "sshd.log"), config: filepath.Join(dir, "config")}
	for _, key := range []string{"host", "user"} {
		keygen := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key))
		if out, err := keygen.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	port, closed := freePort(t), freePort(t)
	write(t, filepath.Join(dir, "sshd_config"), fmt.Sprintf(`
Port %d
ListenAddress 127.0.0.1
HostKey %[2]s/host
AuthorizedKeysFile %[2]s/user.pub
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PidFile none
LogLevel DEBUG1
`, port, dir))
	// RemoteCommand, RequestTTY and a forwarding break a session with a command, where they are not switched off.
	write(t, s.config, fmt.Sprintf(`
Host web alias
  HostName 127.0.0.1
  Port %d
  RemoteCommand echo no
  RequestTTY force
  LocalForward %[2]d 127.0.0.1:1
  ExitOnForwardFailure yes
Host far
  HostName 127.0.0.1
  ProxyJump jump
Host jump
  HostName 127.0.0.1
  Port %[2]d
Host *
  User %[3]s
  IdentityFile %[4]s/user
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile %[4]s/known
  GlobalKnownHostsFile none
`, port, closed, self.Username, dir))

	daemon := exec.Command(sshd, "-D", "-f", filepath.Join(dir, "sshd_config"), "-E", s.log)
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = daemon.Process.Pid
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	eventually(t, "sshd listens", func() bool { return s.count("Server listening on") > 0 })
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// count returns how often text stands in sshd's log.
func (s *server) count(text string) int {
	data, _ := os.ReadFile(s.log)
	return strings.Count(string(data), text)
}

// logins returns how many connections were ever made.
func (s *server) logins() int { return s.count("Accepted publickey") }

// ended returns how many connections were lost or closed without a word.
func (s *server) ended() int {
	return s.count("Connection closed by 127.0.0.1") + s.count("Connection reset by 127.0.0.1") + s.count("Connection closed by user") + s.count("Connection reset by user")
}

// options returns what opens a connection to host without a question.
func (s *server) options(host string) MasterOptions {
	s.t.Helper()
	dir := SocketDirName()
	if err := os.Mkdir(dir, 0o700); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { os.RemoveAll(dir) })
	return MasterOptions{Host: host, Dir: dir, Config: s.config, Batch: true, AcceptNew: true, ConnectTimeout: 20 * time.Second}
}

// open opens a connection that the test closes at the latest when it ends.
func (s *server) open(o MasterOptions) *Master {
	s.t.Helper()
	m, log, err := Open(bounded(s.t), o, nixexec.Stdio{})
	if err != nil {
		s.t.Fatalf("%v\n%s", err, log)
	}
	s.t.Cleanup(m.Close)
	return m
}

// One login serves every session, and nothing is left of it.
func TestMasterIsShared(t *testing.T) {
	s := startServer(t)
	o := s.options("web")
	m, log, err := Open(bounded(t), o, nixexec.Stdio{})
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	defer m.Close()
	if !strings.Contains(log, "debug1: ") || !strings.Contains(log, "ED25519") {
		t.Errorf("the log does not tell of the host key: %q", log)
	}
	if out, err := nixexec.Output(bounded(t), m.Command("echo", "a  b")); err != nil || string(out) != "a  b\n" {
		t.Errorf("Command: %q, %v", out, err)
	}
	if out, err := nixexec.Output(bounded(t), m.Script([]string{"env", "A=b"}, "echo $A\nexit 4")); nixexec.Status(err) != 4 || string(out) != "b\n" {
		t.Errorf("Script: %q, %v", out, err)
	}
	if sent := m.Sent(); len(sent) != 2 || sent[0] != "echo 'a  b'" || sent[1] != "env A=b /bin/sh -s" {
		t.Errorf("the commands that were sent: %q", sent)
	}
	for range 2 { // the second lifeline takes the place of the first
		if out, err := m.Hold(bounded(t), "echo facts; echo up", "up", 1<<10); err != nil || string(out) != "facts\nup\n" {
			t.Errorf("Hold: %q, %v", out, err)
		}
	}
	env, err := OptionsEnv(ConnectionOptions(m.options))
	if err != nil {
		t.Fatal(err)
	}
	// As Nix does it.
	nix := nixexec.Command{Argv: []string{"sh", "-c", "ssh $NIX_SSHOPTS web echo nix"}, Env: []string{"NIX_SSHOPTS=" + env}}
	if out, err := nixexec.Output(bounded(t), nix); err != nil || string(out) != "nix\n" {
		t.Errorf("NIX_SSHOPTS: %q, %v", out, err)
	}
	if got := s.logins(); got != 1 {
		t.Errorf("%d logins", got)
	}
	m.Close()
	m.Close()
	if entries, err := os.ReadDir(o.Dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	eventually(t, "the connection is closed", func() bool { return s.count("Received disconnect from 127.0.0.1") == 1 })
	if _, err := m.Hold(bounded(t), "echo up", "up", 1<<10); err == nil {
		t.Error("held a closed connection")
	}
}

// Two names for one host and user have one %C. A second master there would find the socket taken, stay without one,
// and never end.
func TestMasterOfTwoNames(t *testing.T) {
	s := startServer(t)
	o := s.options("web")
	first := s.open(o)
	o.Host = "alias"
	second := s.open(o)
	if _, err := second.Hold(bounded(t), "echo up", "up", 1<<10); err != nil {
		t.Fatal(err)
	}
	second.Close()
	if out, err := nixexec.Output(bounded(t), first.Command("echo", "still")); err != nil || string(out) != "still\n" {
		t.Errorf("%q, %v", out, err)
	}
	if got := s.logins(); got != 1 {
		t.Errorf("%d logins", got)
	}
}

// `nixhop ... | cat` must end with nixhop: the master, which may outlive it, has hold of none of its files.
func TestMasterHoldsNoFile(t *testing.T) {
	s := startServer(t)
	o := s.options("web")
	o.Batch = false
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m, log, err := Open(bounded(t), o, nixexec.Stdio{In: w, Out: w, Err: w})
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	defer m.Close()
	w.Close()
	if _, err := io.ReadAll(r); err != nil { // hangs where somebody has the other end
		t.Error(err)
	}
	if out, err := nixexec.Output(bounded(t), m.Command("echo", "up")); err != nil || string(out) != "up\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// Without its lifeline the master ends by itself; with it, it stays past ControlPersist.
func TestMasterEndsWithLifeline(t *testing.T) {
	s := startServer(t)
	o := s.options("web")
	argv := MasterArgv(o)
	argv[slices.Index(argv, "ControlPersist=15")] = "ControlPersist=5"
	if err := nixexec.Run(bounded(t), nixexec.Command{Argv: argv}, nixexec.Stdio{}); err != nil {
		t.Fatal(err)
	}
	m := &Master{options: o}
	defer m.Close()
	if err := m.attach(bounded(t), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Hold(bounded(t), "echo up", "up", 1<<10); err != nil {
		t.Fatal(err)
	}
	time.Sleep(8 * time.Second)
	if _, err := os.Lstat(m.socket); err != nil {
		t.Errorf("the master ended in spite of its lifeline: %v", err)
	}
	if err := m.held.Release(); err != nil {
		t.Error(err)
	}
	eventually(t, "the master ends", m.gone)
	if got := s.logins(); got != 1 {
		t.Errorf("%d logins", got)
	}
}

func TestHoldFloodFromHost(t *testing.T) {
	s := startServer(t)
	m := s.open(s.options("web"))
	if out, err := m.Hold(bounded(t), "yes", "up", 1<<16); len(out) != 1<<16 || !errors.Is(err, nixexec.ErrOutputLimit) {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	ctx, cancel := context.WithTimeout(bounded(t), 500*time.Millisecond)
	defer cancel()
	if _, err := m.Hold(ctx, "while :; do echo x; sleep 0.1; done", "up", 1<<16); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if got := s.logins(); got != 1 {
		t.Errorf("%d logins", got)
	}
}

// A master that does not answer is ended by force.
func TestCloseEndsDeafMaster(t *testing.T) {
	s := startServer(t)
	m := s.open(s.options("web"))
	if _, err := m.Hold(bounded(t), "echo up", "up", 1<<10); err != nil {
		t.Fatal(err)
	}
	m.asked.Wait()
	if m.pid == 0 {
		t.Fatal("the master's process is not known")
	}
	if err := syscall.Kill(m.pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	m.Close()
	if _, err := os.Lstat(m.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	eventually(t, "the connection is closed", func() bool { return s.ended() == 1 })
}

// The log of a failed connection is there to be read, and nothing else is.
func TestOpenFails(t *testing.T) {
	s := startServer(t)
	for _, test := range []struct {
		name, host, want string
		change           func(o *MasterOptions)
	}{
		{"unknown name", "no-such-host.invalid", "Could not resolve hostname no-such-host.invalid", func(o *MasterOptions) {}},
		{"refused", "jump", "Connection refused", func(o *MasterOptions) {}},
		{"unknown key", "web", "Host key verification failed", func(o *MasterOptions) { o.AcceptNew = false }},
		{"denied", "nobody@web", "Permission denied (publickey)", func(o *MasterOptions) {}},
		{"behind a jump host", "far", "Connection refused", func(o *MasterOptions) {}},
		{"bad option", "web", "Bad configuration option: no", func(o *MasterOptions) { o.Options = []string{"-o", "No=1"} }},
		{"not a host", "-oProxyCommand=false", "", func(o *MasterOptions) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := s.options(test.host)
			test.change(&o)
			m, log, err := Open(bounded(t), o, nixexec.Stdio{})
			if m != nil || nixexec.Status(err) != 255 {
				t.Errorf("got %v, %v", m, err)
			}
			if !strings.Contains(log, test.want) {
				t.Errorf("no %q in %s", test.want, log)
			}
			if entries, err := os.ReadDir(o.Dir); err != nil || len(entries) != 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
	if _, _, err := Open(bounded(t), MasterOptions{Host: "web", Dir: "/no/such/dir"}, nixexec.Stdio{}); err == nil {
		t.Error("opened a connection without a directory")
	}
}

package connection

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/facts"
	"nixhop/sshcfg"
	"nixhop/testdata/standin"
)

// Whoever asks for a host gets its one connection, however many ask at a time.
func TestOpenOnce(t *testing.T) {
	w := worldOf(t, "web", "db")
	n := worldNetwork(t, w, "web", "db")
	links := map[string]map[*Link]bool{"web": {}, "db": {}}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			m, err := n.Machine(bounded(t), sshcfg.Host{Name: "web"})
			if err != nil {
				t.Error(err)
				return
			}
			link, failure, err := n.Open(bounded(t), m)
			if failure != nil || err != nil {
				t.Errorf("%+v, %v", failure, err)
			}
			mu.Lock()
			defer mu.Unlock()
			links["web"][link] = true
		})
	}
	wait.Wait()
	m, err := n.Machine(bounded(t), sshcfg.Host{Name: "db"})
	if err != nil {
		t.Fatal(err)
	}
	link, _, _ := n.Open(bounded(t), m)
	links["db"][link] = true
	for name, found := range links {
		if len(found) != 1 || found[nil] {
			t.Errorf("%s has the connections %v", name, found)
		}
	}
	if got := recorded(t, w.Here(), opened); got != 2 {
		t.Errorf("%d connections were opened, want one for each host", got)
	}
	out, err := nixexec.Output(bounded(t), link.Command("uname", "-n"))
	if string(out) != "db\n" || err != nil {
		t.Errorf("over the connection to db: %q, %v", out, err)
	}
}

// What keeps a connection from being opened: the host itself, or something that has nothing to do with it.
func TestOpenFails(t *testing.T) {
	for _, test := range []struct {
		down string
		want sshcfg.FailureKind
	}{
		{"off", sshcfg.Refused},
		{"silent", sshcfg.TimedOut},
		{"denied", sshcfg.Denied},
		{"key-unknown", sshcfg.HostKeyUnknown},
		{"key-changed", sshcfg.HostKeyChanged},
	} {
		t.Run(test.down, func(t *testing.T) {
			w := worldOf(t, "web")
			set(t, w.Host("web"), "down", test.down)
			n := worldNetwork(t, w, "web")
			m, err := n.Machine(bounded(t), sshcfg.Host{Name: "web"})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				link, failure, err := n.Open(bounded(t), m)
				if link != nil || err != nil || failure == nil || failure.Kind != test.want {
					t.Errorf("%v, %+v, %v; want %s", link, failure, err, test.want)
				}
			}
			if got := recorded(t, w.Here(), opened); got != 1 {
				t.Errorf("the host was tried %d times", got)
			}
		})
	}
}

func TestOpenWithoutSSH(t *testing.T) {
	w := worldOf(t, "web")
	n := worldNetwork(t, w, "web")
	m, err := n.Machine(bounded(t), sshcfg.Host{Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	var missing *nixexec.NotFoundError
	if link, failure, err := n.Open(bounded(t), m); link != nil || failure != nil || !errors.As(err, &missing) {
		t.Errorf("%v, %+v, %v", link, failure, err)
	}
}

func TestOpenStopped(t *testing.T) {
	w := worldOf(t, "web")
	n := worldNetwork(t, w, "web")
	m, err := n.Machine(bounded(t), sshcfg.Host{Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	pressed := &nixexec.InterruptedError{Signal: syscall.SIGINT}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(pressed)
	link, failure, err := n.Open(ctx, m)
	if link != nil || failure != nil || !nixexec.Interrupted(err) {
		t.Errorf("%v, %+v, %v", link, failure, err)
	}
}

// A password is tried by a sudo that has nothing to do, and goes there as a line of standard input.
func TestTryPassword(t *testing.T) {
	w := worldOf(t, "web")
	set(t, w.Host("web"), "sudo", "password")
	_, link := linkTo(t, w, "web")
	if err := link.TryPassword(bounded(t), []string{"sudo", "-k", "-S", "-p", ""}, nixexec.NewSecret("secret")); err != nil {
		t.Errorf("the right one: %v", err)
	}
	err := link.TryPassword(bounded(t), []string{"sudo", "-k", "-S", "-p", ""}, nixexec.NewSecret("guess"))
	var refused *nixexec.ExitError
	if !errors.As(err, &refused) || !strings.Contains(refused.Stderr, "incorrect password") {
		t.Errorf("a wrong one: %v", err)
	}
	for _, password := range []string{"secret", "guess"} {
		if n := recorded(t, w.Here(), password); n != 0 {
			t.Errorf("%q stands in %d command lines", password, n)
		}
	}
}

// A connection that was lost is opened anew, and the new one takes its place.
func TestReconnect(t *testing.T) {
	w := worldOf(t, "web")
	_, link := linkTo(t, w, "web")
	lost := link.current()
	cut(t, w.Host("web"))
	if err := link.Reconnect(bounded(t), false); err != nil {
		t.Fatal("the host is up, and was not reached again")
	}
	if link.current() == lost {
		t.Error("the connection that was lost is still in use")
	}
	before := recorded(t, w.Here(), opened)
	out, err := nixexec.Output(bounded(t), link.Command("uname", "-n"))
	if string(out) != "web\n" || err != nil || before != 2 {
		t.Errorf("%q, %v; %d connections were opened, want 2", out, err, before)
	}
}

// What does not go by while a host changes its network ends the tries at once; whoever lets nobody in is tried once
// more where ssh can ask.
func TestReconnectGivesUp(t *testing.T) {
	for _, test := range []struct {
		down     string
		somebody bool
		tries    int
	}{
		{"key-changed", true, 1}, {"key-unknown", true, 1}, {"denied", false, 1}, {"denied", true, 2},
	} {
		t.Run(fmt.Sprint(test.down, test.somebody), func(t *testing.T) {
			w := worldOf(t, "web")
			_, link := linkTo(t, w, "web")
			set(t, w.Host("web"), "down", test.down)
			if err := link.Reconnect(bounded(t), test.somebody); err == nil {
				t.Error("the host was reached")
			}
			if got := recorded(t, w.Here(), opened) - 1; got != test.tries {
				t.Errorf("%d tries, want %d", got, test.tries)
			}
		})
	}
}

// afterTry has something happen in the world when a connection was tried.
func afterTry(t *testing.T, w standin.World, command string) {
	t.Helper()
	bin := filepath.Join(w.Here().Dir, "bin")
	client := nixexec.Quote(filepath.Join(bin, "ssh-client"))
	written(t, filepath.Join(bin, "ssh"), "#!/bin/sh\n"+client+` "$@"
status=$?
case " $* " in *"`+opened+`"*) `+command+` ;; esac
exit "$status"
`)
}

// A host that refuses at first is tried again, and a host that stays away until the run is stopped.
func TestReconnectPatience(t *testing.T) {
	w := worldOf(t, "web")
	_, link := linkTo(t, w, "web")
	set(t, w.Host("web"), "down", "off")
	afterTry(t, w, "rm -f "+nixexec.Quote(filepath.Join(w.Host("web").Dir, "knobs", "down")))
	if err := link.Reconnect(bounded(t), false); err != nil {
		t.Error("the host has come back, and was not reached")
	}
	if got := recorded(t, w.Here(), opened); got != 3 {
		t.Errorf("%d connections were tried, want 3", got)
	}

	set(t, w.Host("web"), "down", "off")
	tried := filepath.Join(w.Dir, "tried")
	if err := syscall.Mkfifo(tried, 0o600); err != nil {
		t.Fatal(err)
	}
	afterTry(t, w, "echo >"+nixexec.Quote(tried))
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	go func() {
		_, _ = os.ReadFile(tried)
		cancel()
	}()
	if err := link.Reconnect(ctx, false); err == nil {
		t.Error("the run was stopped, and the host that is off was reached")
	}
}

// No longer than the user has said.
func TestReconnectTimeout(t *testing.T) {
	w := worldOf(t, "web")
	_, link := linkTo(t, w, "web")
	link.network.options.ReconnectTimeout = 0
	set(t, w.Host("web"), "down", "off")
	if err := link.Reconnect(bounded(t), false); !errors.Is(err, ErrNotReached) {
		t.Errorf("a host that is off: %v", err)
	}
	if got := recorded(t, w.Here(), opened); got != 2 {
		t.Errorf("%d connections were tried, want one more than the one that was lost", got)
	}
}

// What an activation has reported before nobody saw it any more is read off the host.
func TestAwait(t *testing.T) {
	const report = "run=nixhop-1\npid=1\nwas=/a\nstep=activate\nstatus=4\ncurrent=/b\nended=yes\n"
	for _, test := range []struct {
		name, run string
		down      string
		reached   bool
		status    int
	}{
		{"its own", "nixhop-1", "", true, 4},
		{"that of another run", "nixhop-2", "", true, -1},
		{"the host is another one now", "nixhop-1", "key-changed", false, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := worldOf(t, "web")
			web := w.Host("web")
			_, link := linkTo(t, w, "web")
			written(t, filepath.Join(web.Root(), facts.RunDir("nixhop-1"), "outcome"), report)
			cut(t, web)
			set(t, web, "down", test.down)
			o, err := link.Await(bounded(t), test.run, false)
			if reached := err == nil; reached != test.reached || o.Status != test.status || o.Known() != (test.status >= 0) {
				t.Errorf("%v, told %+v", err, o)
			}
		})
	}
}

// A connection that is lost once more while the end is waited for is opened once more.
func TestAwaitAgain(t *testing.T) {
	w := worldOf(t, "web")
	_, link := linkTo(t, w, "web")
	written(t, filepath.Join(w.Host("web").Root(), facts.RunDir("nixhop-1"), "outcome"), "run=nixhop-1\nstep=activate\nstatus=0\nended=yes\n")
	bin := filepath.Join(w.Here().Dir, "bin")
	written(t, filepath.Join(bin, "ssh"), `#!/bin/sh
case "$*" in *"/bin/sh -s") if mkdir `+nixexec.Quote(filepath.Join(w.Dir, "lost"))+` 2>&-; then exit 255; fi ;; esac
exec `+nixexec.Quote(filepath.Join(bin, "ssh-client"))+` "$@"
`)
	o, err := link.Await(bounded(t), "nixhop-1", false)
	if err != nil || o.Status != 0 || !o.Known() {
		t.Errorf("%v, told %+v", err, o)
	}
	if _, err := os.Stat(filepath.Join(w.Dir, "lost")); err != nil {
		t.Error("it was not lost")
	}
}

// Closing ends every connection, and again does nothing.
func TestClose(t *testing.T) {
	w := worldOf(t, "web", "db")
	n := worldNetwork(t, w, "web", "db")
	var masters []*ssh.Master
	for _, name := range []string{"web", "db"} {
		m, err := n.Machine(bounded(t), sshcfg.Host{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		link, _, err := n.Open(bounded(t), m)
		if err != nil || link == nil {
			t.Fatal(err)
		}
		masters = append(masters, link.current())
	}
	sockets, _ := filepath.Glob(filepath.Join(n.Dir(), "[01]", strings.Repeat("?", 40)))
	if len(sockets) != len(masters) {
		t.Errorf("the sockets are %q", sockets)
	}
	for range 2 {
		n.Close()
		if _, err := os.Stat(n.Dir()); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", n.Dir(), err)
		}
	}
	if got := recorded(t, w.Here(), "-O exit"); got != len(masters) {
		t.Errorf("%d connections were asked to end, want %d", got, len(masters))
	}
}

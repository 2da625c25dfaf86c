package rebuild

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/request"
)

// answers is somebody who answers what is asked.
type answers struct {
	secrets []string // one after another; behind the last one: none
	yes     bool
	err     error // instead of an answer

	mu    sync.Mutex
	asked []string
}

// Secret is the next secret.
func (a *answers) Secret(_ context.Context, prompt string) (nixexec.Secret, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, prompt)
	if a.err != nil || len(a.secrets) == 0 {
		return nixexec.Secret{}, a.err
	}
	secret := a.secrets[0]
	a.secrets = a.secrets[1:]
	return nixexec.NewSecret(secret), nil
}

// Yes is the same answer each time.
func (a *answers) Yes(_ context.Context, prompt string) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, prompt)
	return a.yes, a.err
}

// Agree is the same answer each time.
func (a *answers) Agree(ctx context.Context, question string) (bool, error) {
	return a.Yes(ctx, question)
}

// A configuration for another host goes there only where somebody says so, in full; what was asked is said once.
func TestAskHostName(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    prompt.Asker
		words  []string
		status int
		asked  int
		found  []string
	}{
		{"yes", &answers{yes: true}, nil, 0, 1, []string{"host-name"}},
		{"yes, of own steps", &answers{yes: true}, []string{"--engine", "native"}, 0, 1, []string{"host-name"}},
		{"no", &answers{}, nil, request.ExitCheck, 1, []string{"host-name"}},
		{"Ctrl-C", &answers{err: &nixexec.InterruptedError{Signal: syscall.SIGINT}}, nil, 130, 1, []string{"host-name"}},
		{"nobody is there", prompt.Nobody{}, nil, request.ExitCheck, 0, []string{"host-name"}},
		{"it is let through", &answers{}, []string{"--allow", "host-name"}, 0, 0, []string{"host-name"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "web")
			f.install(request.InNG, "", "")
			f.turn("web", "hostname=other")
			f.asks(c.ask)
			err := f.run(t.Context(), append(c.words, "switch", "web")...)
			if got := phase.Status(err); got != c.status {
				t.Errorf("%v: status %d, want %d", err, got, c.status)
			}
			if got := f.found("web"); !slices.Equal(got, c.found) {
				t.Errorf("found %q, want %q", got, c.found)
			}
			if who, some := c.ask.(*answers); some && len(who.asked) != c.asked {
				t.Errorf("asked %q", who.asked)
			}
			f.changed("web", c.status == 0)
		})
	}
}

// Where something else is wrong, too, nobody is asked about the name.
func TestAskNothingInVain(t *testing.T) {
	f := newFleet(t, "web")
	f.turn("web", "hostname=other")
	f.configure("web", "system=riscv64-linux")
	who := &answers{yes: true}
	f.asks(who)
	err := f.run(t.Context(), "switch", "web")
	if got := phase.Status(err); got != request.ExitCheck || len(who.asked) > 0 {
		t.Errorf("%v: asked %q", err, who.asked)
	}
	if got := f.found("web"); !slices.Contains(got, "host-name") || !slices.Contains(got, "platform") {
		t.Errorf("found %q", got)
	}
}

// The password of sudo is asked for once more where sudo does not take it, three times at most, before anything is
// built; it stands nowhere.
func TestAskPassword(t *testing.T) {
	for _, c := range []struct {
		name   string
		ask    *answers
		status int
		asked  int
		found  []string
	}{
		{"right", &answers{secrets: []string{"secret"}}, 0, 1, nil},
		{"right at last", &answers{secrets: []string{"wrong", "two\nlines", "secret"}}, 0, 3, nil},
		{"wrong", &answers{secrets: []string{"one", "two", "three", "secret"}}, request.ExitCheck, 3,
			[]string{"sudo-password"}},
		{"Ctrl-C", &answers{err: &nixexec.InterruptedError{Signal: syscall.SIGINT}}, 130, 1, nil},
		{"no terminal", &answers{err: errors.New("asking on the terminal: it is gone")}, request.ExitFailed, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "web")
			f.install(request.InNG, "", "")
			f.loginAs("web", "ann")
			f.turn("web", "sudo=password")
			f.asks(c.ask)
			err := f.run(t.Context(), "switch", "web")
			if got := phase.Status(err); got != c.status {
				t.Errorf("%v: status %d, want %d", err, got, c.status)
			}
			if got := f.found("web"); !slices.Equal(got, c.found) {
				t.Errorf("found %q, want %q", got, c.found)
			}
			if len(c.ask.asked) != c.asked {
				t.Errorf("asked %q", c.ask.asked)
			}
			if c.status != 0 && f.builds() > 0 {
				t.Error("something was built")
			}
			f.changed("web", c.status == 0)
			f.hides("secret")
		})
	}
}

// hides wants that a text stands in no event and in no call of a stand-in, but in the names of checks.
func (f *fleet) hides(secret string) {
	f.t.Helper()
	text := f.calls(here) + f.calls("web") + strings.Join(f.looks(here), "") + strings.Join(f.looks("web"), "")
	for _, e := range f.events {
		text += e.Text
	}
	if strings.Contains(text, secret) {
		f.t.Errorf("the password was seen:\n%s", text)
	}
}

// Of several hosts nobody is asked whether another host is meant, and one password is asked for all of them. Where
// nobody is there what one would ask for is a finding about a host.
func TestAskSideBySide(t *testing.T) {
	for _, c := range []struct {
		name    string
		secrets []string
		asked   int
		status  int
	}{
		{"one for all", []string{"secret"}, 1, request.ExitDone},
		{"apart for each that does not take it", []string{"wrong", "secret", "secret"}, 3, request.ExitDone},
		{"nobody", nil, 0, request.ExitCheck},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "h1", "h2")
			f.write("ssh_config", "Host h1 h2\n  User ann\n"+f.inventory(f.hosts))
			f.turn("h1", "login=ann", "sudo=password")
			f.turn("h2", "login=ann", "sudo=password")
			who := &answers{yes: true, secrets: c.secrets}
			if c.secrets != nil {
				f.asks(who)
			}
			err := f.deploy(t.Context(), "switch", "h1", "h2")
			if got := phase.Status(err); got != c.status || len(who.asked) != c.asked {
				t.Errorf("%v: asked %q", err, who.asked)
			}
			f.changed("h1", c.status == 0)
			f.changed("h2", c.status == 0)
		})
	}
	f := newFleet(t, "h1", "h2")
	f.turn("h2", "hostname=other")
	who := &answers{yes: true}
	f.asks(who)
	err := f.deploy(t.Context(), "switch", "h1", "h2")
	if got := phase.Status(err); got != request.ExitCheck || len(who.asked) > 0 || !slices.Equal(f.found("h2"), []string{"host-name"}) {
		t.Errorf("%v: asked %q, found %q", err, who.asked, f.found("h2"))
	}
}

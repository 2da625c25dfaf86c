package preparation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/rebuild/included"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// made is the preparation that a command line is for, under an ssh config of these lines.
func made(t *testing.T, config string, words ...string) (*preparation, error) {
	t.Helper()
	r, err := request.Parse(append([]string{"init"}, words...), func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	p, err := preparing(r)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p.inventory = sshcfg.List([]string{path})
	p.file, err = included.Find(path, hostsFile)
	p.endpoint = sshcfg.Endpoint{User: "me"}
	return p, err
}

func TestAliasStep(t *testing.T) {
	for _, c := range []struct {
		name, config string
		words        []string
		want         []string // of it, in order
		not          string
	}{
		{"listed", "Host web\n  HostName 192.0.2.1\n  User admin\n", []string{"web"}, []string{":1 has it, which leads to admin@192.0.2.1."}, "Include"},
		{"listed, and an address", "Host web\n", []string{"web", "--address", "192.0.2.2"}, []string{":1 has it.", "It stays as it is"}, "192.0.2.2"},
		{"nothing", "", []string{"web"}, []string{"The ssh config has none", "nixhop init web --address ADDRESS"}, "Host web"},
		{"of a pattern", "Host *.lab\n  User x\n", []string{"web.lab"}, []string{"A pattern of the ssh config speaks of web.lab."}, "--address"},
		{"an address", "", []string{"root@192.0.2.1:2222"}, []string{"ssh goes to the address as it is", "nixhop init NAME --address root@192.0.2.1"}, "Host "},
		{"with an address", "", []string{"admin@web", "--address", "192.0.2.1:2222"},
			[]string{"Host web", "HostName 192.0.2.1", "User admin", "Port 2222", "Include "}, "has it"},
		{"whose user counts more", "", []string{"admin@web", "--address", "root@192.0.2.1"}, []string{"User root"}, "admin"},
		{"of IPv6", "", []string{"web", "--address", "root@[fe80::1%25eth0]:22"}, []string{"HostName fe80::1%%eth0", "User root", "Port 22"}, "["},
	} {
		p, err := made(t, c.config, c.words...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		text := p.aliasStep()
		rest := text
		for _, part := range c.want {
			_, after, found := strings.Cut(rest, part)
			if !found {
				t.Errorf("%s: no %q in\n%s", c.name, part, text)
			}
			rest = after
		}
		if strings.Contains(text, c.not) {
			t.Errorf("%s: %q in\n%s", c.name, c.not, text)
		}
	}
}

// The line that lets a key in is for the user of the alias that is to be made, or that ssh finds.
func TestLoginStep(t *testing.T) {
	for _, c := range []struct{ config, words, want string }{
		{"", "web", "users.users.me."}, {"", "admin@web", "users.users.admin."}, {"", "web --address root@192.0.2.1", "users.users.root."},
		{"Host web\n", "web --address root@192.0.2.1", "users.users.me."},
	} {
		p, err := made(t, c.config, strings.Fields(c.words)...)
		if err != nil || !strings.Contains(p.loginStep(), c.want) {
			t.Errorf("%s: %v", c.words, err)
		}
	}
}

func TestPreparingRefuses(t *testing.T) {
	for _, words := range []string{"", "a b", "web*", "@front", "-oProxyCommand=x web", "web --address -x", "web --address a'b"} {
		r, err := request.Parse(append([]string{"init"}, strings.Fields(words)...), func(string) bool { return true })
		if err != nil {
			continue
		}
		if _, err := preparing(r); err == nil {
			t.Errorf("%q is taken", words)
		}
	}
}

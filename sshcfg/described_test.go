package sshcfg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is said of an alias is what ssh makes of it, for every config of testdata; where that cannot be known nothing
// is.
func TestDescribeAsSSH(t *testing.T) {
	configs, err := filepath.Glob("../testdata/ssh_config/*.config")
	if err != nil || len(configs) == 0 {
		t.Fatal(configs, err)
	}
	said := 0
	for _, config := range configs {
		inv := List([]string{config})
		for _, a := range inv.Aliases {
			text := inv.Describe(a.Name)
			e, err := Resolve(t.Context(), a.Name, config, nil)
			if err != nil || text == "" {
				continue
			}
			said++
			address, via, _ := strings.Cut(text, " via ")
			want := e.Address()
			if !strings.Contains(address, "@") {
				_, want, _ = strings.Cut(want, "@")
			}
			if address != "" && !strings.EqualFold(address, want) || via != e.Via() {
				t.Errorf("%s: %s is %q, for ssh %q via %q", config, a.Name, text, want, e.Via())
			}
		}
	}
	if said == 0 {
		t.Error("nothing was said of any alias")
	}
}

func TestDescribe(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	for _, c := range []struct{ config, want string }{
		{"Host web\n HostName 192.0.2.1\n User root\n Port 2222\n ProxyJump bastion\n", "root@192.0.2.1:2222 via bastion"},
		{"Host web\n User root\n", "root@web"},
		{"Host web\n Port 24\n", "web:24"},
		{"Host web\n HostName %h.example.org\n", "web.example.org"},
		{"Host web\n HostName 2001:db8::1\n Port 24\n", "[2001:db8::1]:24"},
		{"User admin\nHost web\n HostName a\n User root\nHost *\n ProxyJump j\n", "admin@a via j"},
		{"Host web\n HostName a\n ProxyJump none\nHost *\n ProxyJump j\n", "a"},
		{"Host web\n HostName a\nHost db\n HostName b\n User c\n", "a"},
		{"Host web\n HostName a\nMatch exec false\n User c\n", ""},
		{"Host web\n HostName a\nMatch exec false\n Compression yes\n", "a"},
		{"Host web\n HostName %n\n", ""},
		{"Host web\n", ""},
	} {
		if err := os.WriteFile(config, []byte(c.config), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := List([]string{config}).Describe("web"); got != c.want {
			t.Errorf("%q: %q, want %q", c.config, got, c.want)
		}
	}
}

func TestSets(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "inner"), "Port 2222\nHost inside\n  User ann\n")
	write(config, "Host web\n  HostName 192.0.2.1\n  Include "+filepath.Join(dir, "inner")+"\nMatch host=db\n  User bob\nHost *.lan !x.lan\n  HostName %h.example\n")
	inv := List([]string{config})
	for _, test := range []struct {
		name, keyword string
		want          bool
	}{
		{"web", "hostname", true}, {"web", "port", true}, {"db", "port", false}, {"db", "hostname", false},
		{"anybody", "user", true}, {"a.lan", "hostname", true}, {"x.lan", "hostname", false}, {"web", "proxyjump", false},
	} {
		if got := inv.Sets(test.name, test.keyword); got != test.want {
			t.Errorf("%s of %s: %v, want %v", test.keyword, test.name, got, test.want)
		}
	}
}

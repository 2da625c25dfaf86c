package connection

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

func TestPortsOf(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  map[string]int
	}{
		{nil, map[string]int{}},
		{[]string{"web", "db"}, map[string]int{}},
		{[]string{"web:222", "db", "root@web:222", "web"}, map[string]int{"web": 222}},
		{[]string{"web:222", "web:223"}, nil},
	} {
		got, err := portsOf(hostsOf(t, c.words...))
		if (err != nil) != (c.want == nil) || len(got) != len(c.want) {
			t.Errorf("%q: %v, %v", c.words, got, err)
		}
		for name, port := range c.want {
			if got[name] != port {
				t.Errorf("%q: %s has port %d, want %d", c.words, name, got[name], port)
			}
		}
	}
}

// What is wrong with the ssh options and the HOST words is wrong usage, and leaves no directory behind.
func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		options Options
		words   []string
		want    string
	}{
		{"a quote that is open", Options{SSHOpts: "-i 'a"}, nil, "NIX_SSHOPTS"},
		{"a word that is no option", Options{SSHOpts: "web"}, nil, "NIX_SSHOPTS"},
		{"no such file", Options{Config: "/nonexistent/config"}, nil, "no such ssh config"},
		{"two ports", Options{}, []string{"web:222", "web:223"}, `"web" is meant with port 222 and with port 223`},
	} {
		n, err := New(t.Context(), c.options, hostsOf(t, c.words...))
		var usage *request.UsageError
		if n != nil || !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want %s", c.name, n, err, c.want)
		}
	}
}

// countingSSH is an ssh that says what each host means, and appends to a file what it was asked.
func countingSSH(t *testing.T) (asked func() []string) {
	t.Helper()
	bin := t.TempDir()
	path := filepath.Join(bin, "asked")
	written(t, filepath.Join(bin, "ssh"), "#!/bin/sh\nprintf '%s\\n' \"$*\" >>"+nixexec.Quote(path)+`
case "$*" in
*" -- broken") echo "/c line 3: Bad configuration option: wat" >&2; exit 255 ;;
esac
printf 'user root\nhostname 192.0.2.7\nport 22\n'
`)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return func() []string {
		text, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
}

// What a host means is asked once for each, however many ask, and so is one that ssh refuses.
func TestMachineOnce(t *testing.T) {
	asked := countingSSH(t)
	n := networkOf(t, Options{SSHOpts: "-4", ConnectTimeout: time.Second, AcceptNew: true, Batch: true}, "web")
	var wait sync.WaitGroup
	for range 4 {
		for _, host := range hostsOf(t, "web", "deploy@web", "broken") {
			wait.Go(func() {
				m, err := n.Machine(bounded(t), host)
				var broken *sshcfg.ConfigError
				switch {
				case host.Name == "broken" && (m != nil || !errors.As(err, &broken) || broken.Line != 3):
					t.Errorf("%s: %v, %v", host, m, err)
				case host.Name != "broken" && (err != nil || m.Endpoint.HostName != "192.0.2.7" || m.Host != host):
					t.Errorf("%s: %+v, %v", host, m, err)
				}
			})
		}
	}
	wait.Wait()
	got := asked()
	slices.Sort(got)
	before := "-G -F " + n.config + " -4 -- "
	if want := []string{before + "broken", before + "deploy@web", before + "web"}; !slices.Equal(got, want) {
		t.Errorf("ssh was asked %q, want %q", got, want)
	}
	m, err := n.Machine(bounded(t), sshcfg.Host{Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	want := ssh.MasterOptions{
		Host: "web", Dir: n.Dir(), Config: n.config, Options: []string{"-4"},
		ConnectTimeout: time.Second, AcceptNew: true, Batch: true,
	}
	if !reflect.DeepEqual(m.Master, want) {
		t.Errorf("it is reached by %+v", m.Master)
	}
}

// Each name has a directory of sockets of its own where there are several.
func TestSocketDirectories(t *testing.T) {
	one := networkOf(t, Options{}, "web", "deploy@web")
	two := networkOf(t, Options{}, "web", "deploy@web", "db")
	for _, c := range []struct {
		network   *Network
		host, dir string
	}{
		{one, "web", ""}, {one, "elsewhere", ""}, {two, "web", "0"}, {two, "db", "1"}, {two, "elsewhere", ""},
	} {
		if got, want := c.network.socketDir(c.host), filepath.Join(c.network.Dir(), c.dir); got != want {
			t.Errorf("%s: %s, want %s", c.host, got, want)
		}
	}
	for _, n := range []*Network{one, two} {
		if n.Name() == "" || n.Name() != filepath.Base(n.Dir()) || one.Dir() == two.Dir() {
			t.Errorf("the run %q has the directory %q", n.Name(), n.Dir())
		}
		if err := n.MakeDir(); err != nil {
			t.Fatal(err)
		}
	}
	other := networkOf(t, Options{}, "web")
	if err := os.Mkdir(other.Dir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := other.MakeDir(); err == nil {
		t.Errorf("%s was made by somebody else, and was taken", other.Dir())
	}
	if err := os.Remove(other.Dir()); err != nil {
		t.Errorf("what somebody else has made was touched: %v", err)
	}
	for _, dir := range []string{one.Dir(), two.Dir(), filepath.Join(two.Dir(), "0"), filepath.Join(two.Dir(), "1")} {
		if info, err := os.Stat(dir); err != nil || info.Mode() != os.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", dir, info, err)
		}
	}
}

// A config of our own is written where something has no other way to ssh, and only then.
func TestNetworkFiles(t *testing.T) {
	type contents map[string][]string // what is in which file
	spaced := filepath.Join(t.TempDir(), "a b")
	written(t, spaced, "Host x\n")
	for _, c := range []struct {
		name    string
		options Options
		words   []string
		files   contents
	}{
		{"nothing", Options{SSHOpts: "-4"}, []string{"web", "db"}, nil},
		{"a port", Options{}, []string{"web:222", "db"},
			contents{"config": {"Host web\n  Port 222\nMatch all\n", `Include "`}}},
		{"an option with a space", Options{SSHOpts: "-4 -o 'ProxyCommand=nc a b'"}, []string{"web"},
			contents{"config": {`/options"`, `/ssh_config"`}, "options": {"ProxyCommand=nc a b\n"}}},
		{"a path with a space", Options{Config: spaced}, []string{"web"}, contents{"config": {`Include "` + spaced + `"`}}},
		{"a pair", Options{Pairs: true}, []string{"web", "db:222"}, contents{"config": {
			"Host db\n  Port 222\n  ControlPath DIR/1/%C\nHost web\n  ControlPath DIR/0/%C\nMatch all\n"}}},
		{"a pair of one", Options{Pairs: true}, []string{"web", "deploy@web"}, nil},
	} {
		n := networkOf(t, c.options, c.words...)
		files, err := n.Files()
		if err != nil || len(files) != len(c.files) {
			t.Errorf("%s: %+v, %v", c.name, files, err)
		}
		for _, f := range files {
			for _, part := range c.files[filepath.Base(f.Path)] {
				if part = strings.ReplaceAll(part, "DIR", n.Dir()); !strings.Contains(f.Text, part) {
					t.Errorf("%s: no %q in %s:\n%s", c.name, part, f.Path, f.Text)
				}
			}
			info, err := os.Stat(f.Path)
			if err != nil || info.Mode() != 0o600 || filepath.Dir(f.Path) != n.Dir() {
				t.Errorf("%s: %s is %v, %v", c.name, f.Path, info, err)
			}
		}
		if len(files) == 0 {
			continue
		}
		if err := n.MakeDir(); err != nil {
			t.Errorf("%s: the directory is there, and %v", c.name, err)
		}
		if n.config != filepath.Join(n.Dir(), "config") {
			t.Errorf("%s: ssh reads %s", c.name, n.config)
		}
	}
}

// nix is given one control path, or none where each of two machines has its own in the config.
func TestSSHOpts(t *testing.T) {
	countingSSH(t)
	n := networkOf(t, Options{SSHOpts: "-4 -o Compression=yes", Pairs: true}, "web", "db")
	web, err := n.Machine(bounded(t), sshcfg.Host{Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := n.Machine(bounded(t), sshcfg.Host{User: "deploy", Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	db, err := n.Machine(bounded(t), sshcfg.Host{Name: "db"})
	if err != nil {
		t.Fatal(err)
	}
	own := "-F " + n.config + " -4 -o Compression=yes "
	path := func(dir string) string { return "-o ControlPath=" + filepath.Join(n.Dir(), dir, "%C") + " " }
	text := func(got string, err error) string {
		if err != nil {
			t.Error(err)
		}
		return got
	}
	for _, c := range []struct{ name, got, want string }{
		{"one", text(n.SSHOpts(web)), own + path("0")},
		{"this machine and one", text(n.SSHOpts(nil, db)), own + path("1")},
		{"the same twice", text(n.SSHOpts(web, web)), own + path("0")},
		{"two logins on one", text(n.SSHOpts(web, other)), own + path("0")},
		{"two", text(n.SSHOpts(web, db)), own + "-o ClearAllForwardings=yes "},
	} {
		paths := strings.Count(c.got, "ControlPath=")
		if !strings.HasPrefix(c.got, c.want) || paths != strings.Count(c.want, "ControlPath=") {
			t.Errorf("%s: %q does not begin with %q", c.name, c.got, c.want)
		}
	}
	for _, c := range [][]string{{text(n.SSHOpts()), ""}, {text(n.SSHOpts(nil, nil)), ""}} {
		if c[0] != c[1] {
			t.Errorf("no machine is reached by %q", c[0])
		}
	}
}

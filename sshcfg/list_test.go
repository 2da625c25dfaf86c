package sshcfg

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kevinburke/ssh_config"
)

// samples copies testdata/ssh_config to a fresh directory, which stands in for @DIR@ in the files, and returns the
// configs.
func samples(t *testing.T) []string {
	t.Helper()
	source, dir := filepath.Join("..", "testdata", "ssh_config"), t.TempDir()
	err := filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		write(t, filepath.Join(dir, relative), strings.ReplaceAll(string(text), "@DIR@", dir))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	configs, err := filepath.Glob(filepath.Join(dir, "*.config"))
	if err != nil || len(configs) < 10 {
		t.Fatalf("samples: %q, %v", configs, err)
	}
	return configs
}

func write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// expectation reads "# key: value" from the head of a sample.
func expectation(t *testing.T, path, key string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(l, "# "+key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// plainDir is a directory of the test's whose name holds nothing that ssh expands, unlike that of t.TempDir.
func plainDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nixhop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// sshUser is the user that the real ssh takes for a host.
func sshUser(t testing.TB, config, host string) string {
	t.Helper()
	out, err := exec.Command("ssh", "-G", "-F", config, "--", host).Output()
	if err != nil {
		t.Fatalf("ssh -G -F %s -- %s: %v", config, host, err)
	}
	for l := range strings.Lines(string(out)) {
		if user, ok := strings.CutPrefix(l, "user "); ok {
			return strings.TrimSpace(user)
		}
	}
	return ""
}

// marker is the User line below a line of a config: in the samples every Host block has its own.
func marker(t testing.TB, path string, line int) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(string(text), "\n")[line:] {
		if words := strings.FieldsFunc(l, func(r rune) bool { return strings.ContainsRune(" \t\r=", r) }); len(words) == 2 && strings.EqualFold(words[0], "User") {
			return words[1]
		}
	}
	t.Fatalf("%s: no User below line %d", path, line)
	return ""
}

// Every alias of every sample is one that ssh applies the block to at which we point, none is missing, and where the
// library reads a file right by itself it has the same names.
func TestListAgainstSSH(t *testing.T) {
	for _, config := range samples(t) {
		t.Run(filepath.Base(config), func(t *testing.T) {
			inv := List([]string{config})
			if got, want := inv.Names(), strings.Fields(expectation(t, config, "aliases")); !slices.Equal(got, want) {
				t.Errorf("aliases %q, want %q", got, want)
			}
			if got, want := inv.Patterns, strings.Fields(expectation(t, config, "patterns")); !slices.Equal(got, want) {
				t.Errorf("patterns %q, want %q", got, want)
			}
			want := expectation(t, config, "warnings")
			if want == "" {
				want = "0"
			}
			if got := fmt.Sprint(len(inv.Warnings)); got != want {
				t.Errorf("%s warnings, want %s: %v", got, want, inv.Warnings)
			}
			for _, a := range inv.Aliases {
				if got, want := sshUser(t, config, a.Name), marker(t, a.File, a.Line); got != want {
					t.Errorf("%s: ssh takes user %q, the block at %s:%d says %q", a.Name, got, a.File, a.Line, want)
				}
				if !inv.Matches(a.Name) {
					t.Errorf("%s: listed, but not matched", a.Name)
				}
			}
			same := slices.Equal(libraryNames(t, config), inv.Names())
			if wanted := expectation(t, config, "library") == "yes"; same != wanted {
				t.Errorf("the library by itself lists the same: %v, want %v (%q)", same, wanted, libraryNames(t, config))
			}
		})
	}
}

// libraryNames is what a naive use of the library lists: the patterns without wildcards of a file as it is.
func libraryNames(t *testing.T, config string) []string {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := ssh_config.DecodeBytes(text)
	if err != nil {
		return nil
	}
	var names []string
	for _, host := range decoded.Hosts {
		for _, p := range host.Patterns {
			if name := p.String(); !strings.ContainsAny(name, "*?!") && host.Matches(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func TestListHintsAndTags(t *testing.T) {
	find := func(t *testing.T, file, name string) Alias {
		t.Helper()
		for _, config := range samples(t) {
			if filepath.Base(config) == file {
				a, ok := List([]string{config}).Find(name)
				if !ok {
					t.Fatalf("%s is not listed", name)
				}
				return a
			}
		}
		t.Fatalf("no sample %s", file)
		return Alias{}
	}
	tests := []struct {
		file, name                string
		configuration, build, via string
		tags                      []string
	}{
		{"hints.config", "aquamarine", "my-nixos", "target", "x86_64-linux", []string{"arm", "gem", "home"}},
		{"hints.config", "beryl", "my-nixos", "target", "x86_64-linux", []string{"arm", "gem", "home"}},
		{"hints.config", "citrine.lab", "first", "local", "", []string{"lab"}},
		{"tag.config", "web1", "", "", "", []string{"front"}},
		{"tag.config", "web2", "", "", "", []string{"back"}},
		{"plain.config", "web", "", "", "", nil},
	}
	for _, test := range tests {
		a := find(t, test.file, test.name)
		if a.Hints.Configuration != test.configuration || a.Hints.BuildHost != test.build || a.Hints.Cross != test.via {
			t.Errorf("%s: hints %+v", test.name, a.Hints)
		}
		if !slices.Equal(a.Tags, test.tags) {
			t.Errorf("%s: tags %q, want %q", test.name, a.Tags, test.tags)
		}
	}
}

// listText lists one config with that text.
func listText(t testing.TB, text string) Inventory {
	t.Helper()
	return List([]string{write(t, filepath.Join(t.TempDir(), "config"), text)})
}

func TestListWarnings(t *testing.T) {
	tests := []struct {
		name, text string
		aliases    []string
		warning    string // a part of the only one; empty: none
	}{
		{"unknown hint", "Host a\n# nixhop: tag=x\n", []string{"a"}, `:2: unknown hint "tag", did you mean "tags"?`},
		{"far hint", "Host a\n# nixhop: colour=x\n", []string{"a"}, `unknown hint "colour"; the hints are allow, build-host, configuration, cross, tags`},
		{"hint without a value", "Host a\n# nixhop: tags=\n", []string{"a"}, `the hint "tags=" is not key=value`},
		{"dash", "Host -a b\n", []string{"b"}, `:1: host "-a" is left out: the name begins with a dash`},
		// 20-systemd-ssh-proxy.conf of systemd 256, which each NixOS includes: four warnings at every call (issue 9,
		// number 28).
		{"systemd's own", "Host .host machine/.host\n  ProxyUseFdpass yes\nHost unix/* unix%* vsock/* vsock%* vsock-mux/* vsock-mux%* machine/* machine%*\n" +
			"  ProxyCommand /usr/lib/systemd/systemd-ssh-proxy %h %p\nHost a\n", []string{"a"}, ""},
		{"Fedora's own", "Match final all\n  ForwardX11Trusted yes\nHost a\n", []string{"a"}, ""},
		{"a pattern that no HOST is of", "Host a;* a\n", []string{"a"}, ""},
		{"control character", "Host a\x1b[31m b\n", []string{"b"}, `host "a\x1b[31m" is left out`},
		{"open quote", "Host \"a\nHost b\n", []string{"b"}, ""},
		{"ends a block without a name", "Host a\nHost -b\n# nixhop: tags=x\n", []string{"a"}, "left out"},
		{"missing Include", "Include /no/such/file relative ~/.no-such ~nobody-such/x\nHost a\n", []string{"a"}, ""},
		{"broken glob", "Include /tmp/[\nHost a\n", []string{"a"}, `the pattern "/tmp/[" is broken`},
		{"directory", "Include /etc\nHost a\n", []string{"a"}, ""},
		{"long Match", "Match host " + strings.Repeat("a", 1<<19) + "\nHost a\n", []string{"a"}, ""},
		{"long line of no concern", "ProxyCommand " + strings.Repeat("a", 1<<19) + "\nHost a\n", []string{"a"}, ""},
		{"long comment", "#" + strings.Repeat("a", 1<<19) + "\nHost a\n", []string{"a"}, ""},
		{"long hint", "Host a\n# nixhop: tags=" + strings.Repeat("a", 1<<19) + "\n", []string{"a"}, ""},
		{"many names", "Host a" + strings.Repeat(" a", 1<<13) + " b\n", []string{"a", "b"}, ""},
		{"long Host", "Host a " + strings.Repeat("b", 1<<19) + "\n", []string{"a"}, "the name has more than 1025 bytes"},
		{"byte order mark, which ssh refuses", "\ufeffHost a\nHost b\n", []string{"b"}, ""},
		{"later version's keyword", "Host a\n  NoSuchKeyword x\n", []string{"a"}, ""},
		{"NUL", "Host a\x00b c\n", []string{"a"}, ""},
		{"no line end", "Host a", []string{"a"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inv := listText(t, test.text)
			if !slices.Equal(inv.Names(), test.aliases) {
				t.Errorf("aliases %q, want %q", inv.Names(), test.aliases)
			}
			var said strings.Builder
			for _, w := range inv.Warnings {
				said.WriteString(w.String() + "\n")
			}
			if got := said.String(); !strings.Contains(got, test.warning) || (got != "") != (test.warning != "") {
				t.Errorf("warnings %.300q, want %q", got, test.warning)
			}
		})
	}
}

// Field: a hint line above 8 KiB was a warning, and the deployment went on without the hints, with another
// configuration. A long one is read; one that cannot be understood is told of the hosts that it is about.
func TestHintsAreNotLost(t *testing.T) {
	inv := listText(t, "Host web\n# nixhop: tags="+strings.Repeat("a,", 1<<13)+" configuration=mine\nHost db\n# nixhop: configuraton=mine\nHost *\n# nixhop: far\n")
	if web, _ := inv.Find("web"); web.Hints.Configuration != "mine" {
		t.Errorf("%+v", web.Hints)
	}
	for name, want := range map[string]int{"web": 1, "db": 2, "other": 1} {
		if got := inv.Unread(name); len(got) != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if len(inv.Lost) > 0 {
		t.Errorf("%v", inv.Lost)
	}
}

// A warning is given only where the loss matters for what was asked (issue 9, number 28).
func TestWarningConcerns(t *testing.T) {
	inv := listText(t, "Host a;b\nHost web* !webs\n# nixhop: colour=red\n# nixhop: a hint\nMatch host x\n# nixhop: tags=x\n")
	for _, c := range []struct {
		names []string
		want  string // the lines that are warned of
	}{
		{nil, "1 3 4 4 5"},
		{[]string{"db"}, "5"},
		{[]string{"db", "web1"}, "5"},
		{[]string{"webs"}, "5"},
	} {
		var lines []string
		for _, w := range inv.Warnings {
			if w.Concerns(c.names) {
				lines = append(lines, fmt.Sprint(w.Line))
			}
		}
		if got := strings.Join(lines, " "); got != c.want {
			t.Errorf("%q: %s, not %s: %v", c.names, got, c.want, inv.Warnings)
		}
	}
	twice := write(t, filepath.Join(t.TempDir(), "twice"), "Host b;c\n")
	if inv := listText(t, "Include "+twice+"\nHost x\nInclude "+twice+"\n"); len(inv.Warnings) != 1 {
		t.Errorf("a file that is included twice: %v", inv.Warnings)
	}
}

func TestListFiles(t *testing.T) {
	dir := t.TempDir()
	big := write(t, filepath.Join(dir, "big"), "Host a\n"+strings.Repeat("# comment\n", 1_000_000))
	loop := write(t, filepath.Join(dir, "loop"), "Host a\nHost *\nInclude "+dir+"/loop*\n")
	write(t, filepath.Join(dir, "loop2"), "Host b\nInclude "+dir+"/loop "+dir+"/loop2\n")
	for i := range 20 {
		write(t, fmt.Sprintf("%s/deep%d", dir, i), fmt.Sprintf("Host h%d\nMatch all\nInclude %s/deep%d\n", i, dir, i+1))
		write(t, fmt.Sprintf("%s/fork%d", dir, i), fmt.Sprintf("Host f%d\nMatch all\nInclude %s/fork%d\nInclude %[2]s/fork%[3]d\n", i, dir, i+1))
	}
	tests := []struct {
		file    string
		names   string
		warning string
	}{
		{big, "", "cannot be read: larger than 8388608 bytes, and ssh reads it"},
		{filepath.Join(dir, "missing"), "", "cannot be read: no such file or directory"},
		{loop, "a b", "includes itself"},
		{filepath.Join(dir, "deep0"), "h0 h1 h2 h3 h4 h5 h6 h7 h8 h9 h10 h11 h12 h13 h14 h15 h16", "too deep for ssh"},
		{filepath.Join(dir, "fork0"), "f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 f13 f14 f15 f16", "more than 4096 files"},
		{"/dev/null", "", ""},
	}
	for _, test := range tests {
		inv := List([]string{test.file})
		if got := strings.Join(inv.Names(), " "); got != test.names {
			t.Errorf("%s: aliases %q, want %q", test.file, got, test.names)
		}
		warned := slices.ContainsFunc(inv.Warnings, func(w Warning) bool { return strings.Contains(w.String(), test.warning) })
		if warned != (test.warning != "") {
			t.Errorf("%s: warnings %v, want %q", test.file, inv.Warnings, test.warning)
		}
		if lost := test.file == big || strings.HasSuffix(test.file, "fork0"); (len(inv.Lost) > 0) != lost {
			t.Errorf("%s: lost %v", test.file, inv.Lost)
		}
	}
	// The oracle for the depth: ssh reads a chain of sixteen Includes and refuses the seventeenth.
	if out, err := exec.Command("ssh", "-G", "-F", filepath.Join(dir, "deep0"), "x").CombinedOutput(); err == nil || !strings.Contains(string(out), "Too many recursive") {
		t.Errorf("ssh on 20 levels: %v, %.200s", err, out)
	}
	if err := os.Remove(filepath.Join(dir, "deep17")); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ssh", "-G", "-F", filepath.Join(dir, "deep0"), "h16").CombinedOutput(); err != nil {
		t.Errorf("ssh on 16 levels: %v, %.200s", err, out)
	}
}

func TestMatches(t *testing.T) {
	inv := listText(t, "Host web?.lab *.example !bad.example\nHost *\nHost a\n")
	for name, want := range map[string]bool{
		"web1.lab": true, "web.lab": false, "web12.lab": false, "x.example": true, "bad.example": false, "other": false, "a": true, "A": false,
	} {
		if got := inv.Matches(name); got != want {
			t.Errorf("Matches(%q) = %v, want %v", name, got, want)
		}
	}
	if (Inventory{}).Matches("a") {
		t.Error("an empty inventory matches")
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"?", "", false}, {"a*b*c", "aXbYc", true}, {"a*b*c", "aXbY", false},
		{"*a", "baa", true}, {"**", "x", true}, {"a?", "ab", true}, {"a?", "a", false}, {"*.x", "a.x.x", true}, {"[a]", "a", false},
	}
	for _, test := range tests {
		if got := match(test.pattern, test.name); got != test.want {
			t.Errorf("match(%q, %q) = %v", test.pattern, test.name, got)
		}
	}
}

func TestScanLine(t *testing.T) {
	tests := []struct {
		raw     string
		keyword string
		words   []string
		comment string
	}{
		{"Host a b", "host", []string{"a", "b"}, ""},
		{" \t HOST\ta\t b \f\r", "host", []string{"a", "b"}, ""},
		{"Host=a", "host", []string{"a"}, ""},
		{"Host = =a", "host", []string{"=a"}, ""},
		{"=Host a", "host", []string{"a"}, ""},
		{`"Ho"st a`, "ho", []string{"st", "a"}, ""},
		{`Ho"st" a`, "host", []string{"a"}, ""},
		{`"Host a`, "", nil, ""},
		{`Host "a b" 'c"d' e\ f g\"h i\j`, "host", []string{"a b", `c"d`, "e f", `g"h`, `i\j`}, ""},
		{`Host a"`, "host", nil, ""},
		{`Host a#b #c "d`, "host", []string{"a#b"}, `c "d`},
		{`Host "#a" # b`, "host", []string{"#a"}, " b"},
		{"  # nixhop: a=b", "", nil, " nixhop: a=b"},
		{"#=x", "", nil, "=x"},
		{"Host", "host", nil, ""},
		{"", "", nil, ""},
	}
	for _, test := range tests {
		got := scanLine(1, test.raw)
		if got.keyword != test.keyword || !slices.Equal(got.words, test.words) || got.comment != test.comment {
			t.Errorf("%q: %q %q %q", test.raw, got.keyword, got.words, got.comment)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"aquamarine", "aquamarin3", "beryl", "web1", "web2", "Web3", "db"}
	tests := []struct {
		name  string
		limit int
		want  []string
	}{
		{"aquamarien", 3, []string{"aquamarine", "aquamarin3"}},
		{"aqua", 1, []string{"aquamarine"}},
		{"web", 3, []string{"web1", "web2", "Web3"}},
		{"web1", 3, []string{"web2", "Web3"}},
		{"bd", 3, []string{"db"}},
		{"nothing-like-it", 3, nil},
		{"", 3, nil},
	}
	for _, test := range tests {
		if got := Nearest(test.name, names, test.limit); !slices.Equal(got, test.want) {
			t.Errorf("Nearest(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

package export

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// configs are the ssh configs of testdata, and some of our own, each in a file that ssh would take.
func configs(t *testing.T) []string {
	t.Helper()
	dir, err := filepath.Abs("../../testdata/ssh_config")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	add := func(name, text string) {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, strings.ReplaceAll(text, "@DIR@", dir))
		paths = append(paths, path)
	}
	files, err := filepath.Glob(dir + "/*.config")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		add(filepath.Base(file), string(text))
	}
	for name, text := range own {
		add(name, text)
	}
	slices.Sort(paths)
	return paths
}

// own are configs in which the order of lines, quotes and what Nix takes for its own count.
var own = map[string]string{
	"order": "IdentityFile ~/.ssh/first\nHost web\n  IdentityFile ~/.ssh/second\n  User a\n  User b\n  IdentityFile ~/.ssh/third\n" +
		"  LocalForward 8080 localhost:80\n  LocalForward 8081 localhost:81\n  SendEnv LANG LC_*\n  SendEnv TERM\nHost *\n  User c\n  IdentityFile ~/.ssh/fourth\n",
	"jumps": "Host a\n  ProxyCommand ssh -W \"[%h]:%p\" gate # one\n  ProxyJump b\nHost b\n  ProxyJump none\n  ProxyCommand x\nHost *\n  ProxyJump gate\n",
	"nix": "# ${comment} ''\nHost n\n  ProxyCommand sh -c 'echo ${HOME} $${x} '${y} '' ''' ''$ \\$ ''\\n'\n  IdentityFile \"~/.ssh/my key\"\n" +
		"  SetEnv A=\"b c\" D=$E\n  User \"=u\"\n  HostName %h.example.org\n",
	"values": "Host v\n  Port 0022\n  ForwardAgent no\n  ForwardX11 no\n  CheckHostIP yes\n  IdentitiesOnly no\n  ServerAliveInterval 0\n  ForwardAgent yes\n" +
		"  AddressFamily INET\n  ControlMaster autoask\n  Compression yes\nHost v w\n  CheckHostIP no\n  ForwardX11 yes\n  IdentitiesOnly yes\n  CompressionLevel 3\n",
	"unknown": "IgnoreUnknown Apple*,Tag\nUser t\nHost u\n  AppleThing yes\n  User m\n  Tag x\nHost u2\n  User n\n",
	"empty":   "",
	"again":   "Host web\nMatch final all\nHost web\n  SendEnv A\n",
	"gates": "Host w*\n  Include \"@DIR@/includes.d/web.txt\"\n  Port 2000\nMatch host w7\n  Include \"@DIR@/includes.d/web.txt\"\n  User m7\nMatch final all\n" +
		"  Include \"@DIR@/includes.d/web.txt\"\n  Port 2001\n",
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// evaluated is what Nix makes of an expression, as JSON.
func evaluated(t *testing.T, expression string, into any) {
	t.Helper()
	out, err := exec.Command("nix-instantiate", "--eval", "--strict", "--json", "--store", "dummy://", "-E", expression).Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, err.(*exec.ExitError).Stderr, expression)
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
}

// lost are the hosts of which not all can be kept, by config: a hint in a Match line is none.
var lost = map[string][]string{"gates": {"other: no Host line names it any more"}}

// Each config means the same for ssh in what NixOS and home-manager make of its module, and a second export changes
// nothing.
func TestModules(t *testing.T) {
	if _, err := exec.LookPath("nix-instantiate"); err != nil {
		t.Skip("needs nix")
	}
	for _, path := range configs(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			flat, err := Flatten(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(flat.Lost)
			t.Log(flat.Text())
			for _, way := range []struct {
				name   string
				module func(Flat) string
				config func(*testing.T, string) string
			}{
				{"NixOS", func(f Flat) string { return NixOS(f, nil) }, nixosConfig},
				{"home-manager", HomeManager, homeConfig},
			} {
				module := way.module(flat)
				text := way.config(t, module)
				differs, err := compare(context.Background(), path, text)
				if err != nil {
					t.Fatal(err)
				}
				if want := lost[filepath.Base(path)]; !slices.Equal(differs, want) {
					t.Errorf("%s: %q, want %q\n%s\n%s", way.name, differs, want, module, text)
				}
				second := filepath.Join(t.TempDir(), "config")
				write(t, second, text)
				again, err := Flatten(second)
				if err != nil {
					t.Fatal(err)
				}
				if got := way.module(again); got != module {
					t.Errorf("%s, once more:\n%s\nwas\n%s", way.name, got, module)
				}
			}
		})
	}
}

// nixosConfig is the ssh config that NixOS writes.
func nixosConfig(t *testing.T, module string) string {
	t.Helper()
	var text string
	evaluated(t, "("+module+").programs.ssh.extraConfig or \"\"", &text)
	return text
}

// homeConfig is the ssh config that home-manager writes: as modules/programs/ssh.nix of it does, the settings of each
// block sorted, and the blocks by what they are to stand after.
func homeConfig(t *testing.T, module string) string {
	t.Helper()
	type entry struct {
		After []string
		Data  map[string]any
	}
	var blocks map[string]entry
	evaluated(t, "builtins.mapAttrs (_: v: if v ? data then v else { after = []; data = v; }) (("+module+
		") { lib.hm.dag.entryAfter = after: data: { inherit after data; }; }).programs.ssh.matchBlocks or {}", &blocks)
	var text strings.Builder
	written := map[string]bool{}
	for len(written) < len(blocks) {
		before := len(written)
		for _, name := range slices.Sorted(maps.Keys(blocks)) {
			b := blocks[name]
			if written[name] || slices.ContainsFunc(b.After, func(other string) bool { return !written[other] }) {
				continue
			}
			written[name] = true
			writeHome(&text, b.Data)
		}
		if len(written) == before {
			t.Fatal("the blocks stand after each other")
		}
	}
	return text.String()
}

func writeHome(text *strings.Builder, data map[string]any) {
	for _, keyword := range []string{"Host", "Match"} {
		if header := data[strings.ToLower(keyword)]; header != nil {
			fmt.Fprintf(text, "%s %s\n", keyword, header)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		switch value := data[name].(type) {
		case bool:
			fmt.Fprintf(text, "  %s %s\n", name, map[bool]string{true: "yes", false: "no"}[value])
		case []any:
			for _, one := range value {
				fmt.Fprintf(text, "  %s %s\n", name, one)
			}
		case map[string]any:
			for _, keyword := range slices.Sorted(maps.Keys(value)) {
				fmt.Fprintf(text, "  %s %s\n", keyword, value[keyword])
			}
		default:
			if name != "host" && name != "match" {
				fmt.Fprintf(text, "  %s %v\n", name, value)
			}
		}
	}
}

// Every text is itself again in a string of several lines.
func TestIndented(t *testing.T) {
	if _, err := exec.LookPath("nix-instantiate"); err != nil {
		t.Skip("needs nix")
	}
	for _, text := range []string{
		"a\n", "a\n\nb\n", "'\n", "''\n", "'''\n", "''''x''\n", "$\n", "$$\n", "${a}\n", "$${a}\n", "$$${a}\n", "'${a}\n", "''${a}\n", "'''${a}\n", "'$${a}'\n",
		"''$''\n", "''\\n\\${a}\n", "\\\n", "#\n  x\ny\n", "\"${\"\n", "a\tb ünïcode\n", "x {$}{\n",
	} {
		var got string
		if evaluated(t, indented(text, 4), &got); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
}

// What ssh-keygen has found becomes keys: one of several names once, those of a hashed line under the name that was
// asked for.
func TestKnownHosts(t *testing.T) {
	var keys []Key
	for _, c := range []struct{ name, found, lost string }{
		{"web", "# Host web found: line 1 \nweb,192.0.2.1 ssh-ed25519 A some comment\n# Host web found: line 2 \n|1|x=|y= ssh-rsa B\n", ""},
		{"192.0.2.1", "# Host 192.0.2.1 found: line 1 \nweb,192.0.2.1 ssh-ed25519 A\n", ""},
		{"[db]:22", "# Host [db]:22 found: line 7 \n|1|x=|y= ssh-rsa B\n# Host [db]:22 found: line 9 REVOKED\n@revoked * ssh-rsa C\n",
			"line 9: a revoked key cannot be said in programs.ssh.knownHosts"},
		{"x.lab", "# Host x.lab found: line 3 CA\n@cert-authority *.lab,!y.lab ssh-ed25519 A\nshort line\n\n", ""},
		{"web", "# Host web found: line 8 \nweb ssh-ed25519 D\n", ""},
	} {
		found, lost := parseFound(c.name, c.found)
		keys = append(keys, found...)
		if got := strings.Join(lost, "; "); got != c.lost {
			t.Errorf("%s: lost %q", c.name, got)
		}
	}
	keys = merged(keys)
	want := []Key{
		{Names: []string{"web", "192.0.2.1"}, Public: "ssh-ed25519 A"}, {Names: []string{"web", "[db]:22"}, Public: "ssh-rsa B"},
		{Names: []string{"*.lab", "!y.lab"}, Public: "ssh-ed25519 A", Authority: true}, {Names: []string{"web"}, Public: "ssh-ed25519 D"},
	}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("%+v", keys)
	}
	if got := names(keys); !slices.Equal(got, []string{"web/ssh-ed25519", "web/ssh-rsa", "*.lab", "web/ssh-ed25519/2"}) {
		t.Errorf("%q", got)
	}
}

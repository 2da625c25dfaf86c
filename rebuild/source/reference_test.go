package source

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nixhop/rebuild/request"
)

func TestFindSource(t *testing.T) {
	hosts := request.Request{Action: "switch", Hosts: []request.Selector{{Word: "web", Host: "web"}}}
	tests := []struct {
		name    string
		request request.Request
		files   []string
		want    Source
	}{
		{"reference and name", request.Request{Flake: "/x#a.b", FlakeGiven: true}, nil, Source{Flake: "/x", Name: "a.b"}},
		{"the last # counts", request.Request{Flake: "git+file:///x?ref=a#b#c", FlakeGiven: true}, nil, Source{Flake: "git+file:///x?ref=a#b", Name: "c"}},
		{"only a name", request.Request{Flake: "#a", FlakeGiven: true}, nil, Source{Flake: ".", Name: "a"}},
		{"no name", request.Request{Flake: "github:a/b", FlakeGiven: true}, nil, Source{Flake: "github:a/b"}},
		{"the flake here", hosts, []string{"/home/u/conf/flake.nix"}, Source{Flake: ".", Found: "/home/u/conf"}},
		{"the flake above", hosts, []string{"/home/u/flake.nix"}, Source{Flake: ".", Found: "/home/u"}},
		{"not above the git tree", hosts, []string{"/home/u/conf/.git", "/home/u/flake.nix"}, Source{}},
		{"the flake here for all that is checked", request.Request{Action: "check"}, []string{"/home/u/conf/flake.nix"}, Source{Flake: ".", Found: "/home/u/conf"}},
		// What nixos-rebuild would deploy here is what is deployed, whatever --build-host or another flag of ours says.
		{"no host", request.Request{Action: "switch", BuildHostGiven: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"no host, /etc/nixos", request.Request{Action: "switch", BuildHostGiven: true},
			[]string{"/home/u/conf/flake.nix", "/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--flake alone with --target-host", request.Request{FlakeGiven: true, TargetHostFlag: true}, []string{"/etc/nixos/flake.nix"}, Source{Flake: "."}},
		{"/etc/nixos", hosts, []string{"/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--target-host alone looks only in /etc/nixos", request.Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"--target-host with /etc/nixos", request.Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix", "/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--no-flake", request.Request{NoFlake: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"--file", request.Request{File: "x.nix"}, []string{"/home/u/conf/flake.nix"}, Source{File: "x.nix"}},
		{"--attr, newest default", request.Request{Attr: "a"}, []string{"/home/u/conf/system.nix"}, Source{File: "system.nix", Attr: "a"}},
		{"--attr, older default", request.Request{Attr: "a"}, nil, Source{File: "default.nix", Attr: "a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			has := func(path string) bool { return slices.Contains(test.files, path) }
			real := func(path string) string { return "/real" + path }
			if got := FindSource(test.request, "/home/u/conf", has, real); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// A flake in a parent directory that another user put there was deployed by root, unnamed (issue 9, number 33).
func TestUnowned(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	const other = 12345
	for _, c := range []struct {
		name    string
		foreign string // path that is another user's
		sudo    string
		refused bool
	}{
		{"all is ours", "", "", false},
		{"the flake", "flake.nix", "", true},
		{"its lock file", "flake.lock", "", true},
		{"the git tree", ".git", "", true},
		{"the directory", ".", "", true},
		{"what a link leads to", "elsewhere.nix", "", true},
		{"of who ran sudo", "flake.nix", strconv.Itoa(other), false},
		{"of who did not run sudo", "flake.nix", "54321", true},
		{"another file", "other.nix", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range []string{"flake.lock", "elsewhere.nix", "other.nix"} {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			flake := filepath.Join(dir, "flake.nix")
			if err := errors.Join(os.Mkdir(filepath.Join(dir, ".git"), 0o700), os.Symlink("elsewhere.nix", flake)); err != nil {
				t.Fatal(err)
			}
			if c.foreign != "" {
				if err := os.Lchown(filepath.Join(dir, c.foreign), other, other); err != nil {
					t.Fatal(err)
				}
			}
			env := func(name string) string { return map[string]string{"SUDO_UID": c.sudo}[name] }
			err := Source{Flake: ".", Found: dir}.Unowned(env)
			var usage *request.UsageError
			if errors.As(err, &usage) != c.refused || c.refused && !strings.Contains(err.Error(), "--flake "+dir) {
				t.Errorf("%v", err)
			}
			if err := (Source{Flake: "."}).Unowned(env); err != nil {
				t.Errorf("a flake that was named: %v", err)
			}
		})
	}
}

// NixOS/nix#6633: a module in a submodule.
func TestSubmodule(t *testing.T) {
	top := t.TempDir()
	for path, text := range map[string]string{".git/HEAD": "", "nix/flake.nix": "", ".gitmodules": "[submodule \"x\"]\n\tpath = modules/shared\n\turl = ../x\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ flake, path, want string }{
		{".", "modules/shared/a.nix", "modules/shared"},
		{top, "modules/shared", "modules/shared"},
		{"git+file://" + top, "modules/shared/a/b.nix", "modules/shared"},
		{".", "modules/shared2/a.nix", ""},
		{".?submodules=1", "modules/shared/a.nix", ""},
		{"github:a/b", "modules/shared/a.nix", ""},
		{".", "", ""},
	} {
		if got := (Source{Flake: c.flake}).Submodule(c.path, filepath.Join(top, "nix")); got != c.want {
			t.Errorf("%s in %s: %q", c.path, c.flake, got)
		}
	}
	broken := &EvaluationError{Flake: ".#web", Stderr: "error: getting status of '/nix/store/w31k73wcslhs9xihhv15fyizyx7ghb4p-source/modules/shared/a.nix': No such file or directory\n"}
	if got := broken.Missing(); got != "modules/shared/a.nix" {
		t.Errorf("%q", got)
	}
	if got := broken.In("modules/shared").Error(); !strings.Contains(got, "--flake '.?submodules=1'") {
		t.Error(got)
	}
	if WithSubmodules("git+file:///x?dir=nix#web") != "git+file:///x?dir=nix&submodules=1" {
		t.Error("the query is not gone on with")
	}
}

// What was found, and not named, is said, unless it is where the user is.
func TestAbove(t *testing.T) {
	for _, c := range []struct {
		found, want string
	}{
		{"", ""},
		{"/conf/hosts", ""},
		{"/conf", `the flake is that of "/conf", above this directory`},
	} {
		if got := (Source{Flake: ".", Found: c.found}).Above("/conf/hosts"); got != c.want {
			t.Errorf("%q: %q, want %q", c.found, got, c.want)
		}
	}
}

// Root's ssh config matters only where ssh is used.
func TestThroughSudo(t *testing.T) {
	host := []request.Selector{{Word: "web", Host: "web"}}
	for _, c := range []struct {
		user string
		r    request.Request
		said bool
	}{
		{"", request.Request{Hosts: host}, false},
		{"root", request.Request{Hosts: host}, false},
		{"me", request.Request{Hosts: host}, true},
		{"me", request.Request{}, false},
		{"me", request.Request{BuildHost: "local"}, false},
		{"me", request.Request{BuildHost: "big"}, true},
	} {
		env := func(name string) string { return map[string]string{"SUDO_USER": c.user}[name] }
		got := ThroughSudo(c.r, env)
		if (got != "") != c.said || c.said && !strings.Contains(got, `not those of "me"`) {
			t.Errorf("%q, %+v: %q", c.user, c.r, got)
		}
	}
}

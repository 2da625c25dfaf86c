package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/request"
)

// What is no text, and what has nothing to do with a build.
func TestReadSettings(t *testing.T) {
	got, err := readSettings(".", []byte(`{"extra-substituters":["https://a","https://b"],"keep-going":true,"connect-timeout":3,`+
		`"bash-prompt":"x","post-build-hook":"/x y"}`))
	want := []Setting{
		{"connect-timeout", "3"}, {"extra-substituters", "https://a https://b"}, {"keep-going", "true"}, {"post-build-hook", "/x y"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %q", err, got)
	}
	words := []string{"--option", "keep-going", "true", "--option", "post-build-hook", "/x y"}
	if got := Words(want[2:]); !slices.Equal(got, words) {
		t.Errorf("got %q", got)
	}
	if got := Named(want[:2]); got != "connect-timeout, extra-substituters" {
		t.Errorf("got %q", got)
	}
	for _, broken := range []string{"", "[]", `"a"`} {
		if got, err := readSettings(".", []byte(broken)); err == nil {
			t.Errorf("%s: %q", broken, got)
		}
	}
}

// A setting counts unless nix says that it ignores it, with colours or without.
func TestAccepted(t *testing.T) {
	all := []Setting{{"extra-substituters", "https://a"}, {"keep-going", "true"}}
	for said, want := range map[string][]Setting{
		"":                      all,
		"warning: Git is dirty": all,
		"warning: ignoring untrusted flake configuration setting 'keep-going'.\nPass '--accept-flake-config' to trust it": all[:1],
		"\x1b[35;1mwarning:\x1b[0m ignoring untrusted flake configuration setting '\x1b[35;1mkeep-going\x1b[0m'\r\n" +
			"ignoring untrusted flake configuration setting 'extra-substituters'\n": {},
	} {
		if got := Accepted(all, []byte(said)); !slices.Equal(got, want) {
			t.Errorf("%q: %q", said, got)
		}
	}
}

// Nix is asked only where a flake may set anything at all: for most it is enough to read one file.
func TestSettings(t *testing.T) {
	installNix(t, `echo '{"path":"/nix/store/x-source","resolved":{"dir":"sub"}}'`)
	dir := t.TempDir()
	plain, sets := filepath.Join(dir, "plain"), filepath.Join(dir, "sets")
	written := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	written(filepath.Join(plain, "flake.nix"), "{ }")
	written(filepath.Join(sets, "flake.nix"), "{ nixConfig.keep-going = true; }")
	bin := filepath.Join(dir, "bin")
	written(filepath.Join(bin, "nix-instantiate"), `#!/bin/sh
for expression do :; done
printf '{"said":"%s"}' "$(printf %s "$expression" | tr -d '"')"
`)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, c := range []struct{ flake, at, want string }{
		{".", plain, ""},
		{"./below", filepath.Join(plain, "deep"), ""},
		{"path:" + plain, "/", ""},
		{"git+file://" + plain, "/", ""},
		{".", sets, "(import " + sets + "/flake.nix).nixConfig or { }"},
		{"path:./sets", dir, "(import " + sets + "/flake.nix).nixConfig or { }"},
		{"./plain?dir=sub", dir, "(import /nix/store/x-source/sub/flake.nix).nixConfig or { }"},
		{"github:a/b", plain, "(import /nix/store/x-source/sub/flake.nix).nixConfig or { }"},
		{"", sets, ""},
	} {
		var want []Setting
		if c.want != "" {
			want = []Setting{{"said", c.want}}
		}
		got, err := Source{Flake: c.flake}.Settings(bounded(t), parse(t, "switch web"), c.at)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s in %s: %v, %q", c.flake, c.at, err, got)
		}
	}
	installNix(t, "echo '{}'")
	if got, err := (Source{Flake: "github:a/b"}).Settings(bounded(t), parse(t, "switch web"), dir); err == nil {
		t.Errorf("nix named no path: %q", got)
	}
}

// Where a plan is pasted nobody is asked about the settings of a flake.
func TestPasted(t *testing.T) {
	set := []Setting{{Name: "extra-substituters"}, {Name: "cores"}}
	accepts := request.Request{Flags: []request.Flag{{Name: "--accept-flake-config"}}}
	for _, c := range []struct {
		what    string
		r       request.Request
		set     []Setting
		counted int
		said    string
	}{
		{"none", request.Request{}, nil, 0, ""},
		{"none, accepted", accepts, nil, 0, ""},
		{"accepted", accepts, set, 2, ""},
		{"not accepted", request.Request{}, set, 0, "the flake sets extra-substituters, cores for nix: that counts"},
	} {
		counted, said := Pasted(c.r, c.set)
		if len(counted) != c.counted || (len(said) == 0) != (c.said == "") || c.said != "" && !strings.HasPrefix(said[0], c.said) {
			t.Errorf("%s: %v, %q", c.what, counted, said)
		}
	}
}

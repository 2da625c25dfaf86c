package source

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// In a git tree "a#b" Nix 2.8 evaluates the flake in "a", if there is one, without a word.
func TestMisread(t *testing.T) {
	for _, test := range []struct{ line, dir, files, flake, offered string }{
		{"switch web", "a#b", "a#b/.git a#b/flake.nix", "a#b", "nixhop switch web --flake path:."},
		{"switch web=db", "a?b/c", "a?b/.git a?b/flake.nix", "a?b", "cd FLAKE && nixhop switch web=db --flake path:."},
		{"switch web --flake .#db", "a#b", "a#b/.git a#b/flake.nix", "a#b", "nixhop switch web --flake 'path:.#db'"},
		{"switch web --flake ../a#b", "c", "a#b/flake.nix", "a#b", "cd FLAKE && nixhop switch web --flake path:."},
		{"switch web --flake ../a?b", "c", "a/flake.nix a?b/flake.nix", "a?b", "cd FLAKE && nixhop switch web --flake path:."},
		{"switch web --flake ./a?b#db", "", "a/flake.nix a?b#db/flake.nix", "a?b#db", "cd FLAKE && nixhop switch web --flake path:."},
		{"switch web --flake ../a#b", "c", "a/flake.nix a#b/flake.nix", "", ""}, // as nixos-rebuild reads it
		{"switch web", "a#b", "a#b/flake.nix", "", ""},
		{"switch web", "a%41b", "a%41b/.git a%41b/flake.nix", "", ""},
		{"switch web", "a", "a/.git a/flake.nix", "", ""},
		{"switch web --flake .?submodules=1#db", "a", "a/.git a/flake.nix", "", ""},
		{"switch web --flake git+file:///x?ref=a#b", "a#b", "a#b/.git a#b/flake.nix", "", ""},
		{"switch web --flake path:.", "a#b", "a#b/.git a#b/flake.nix", "", ""},
		{"switch web --no-flake", "a#b", "a#b/.git a#b/flake.nix", "", ""},
	} {
		top, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(top, test.dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for file := range strings.FieldsSeq(test.files) {
			path := filepath.Join(top, file)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		r, err := request.Parse(strings.Fields(test.line), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		exists := func(path string) bool { return strings.HasPrefix(path, top) && nixexec.Exists(path) }
		err = FindSource(r, dir, exists, nixexec.Realpath).Misread(r, dir, exists, nixexec.Realpath)
		if test.flake == "" {
			if err != nil {
				t.Errorf("%s in %s: %v", test.line, test.dir, err)
			}
			continue
		}
		flake := filepath.Join(top, test.flake)
		want := strings.ReplaceAll(test.offered, "FLAKE", nixexec.ShellWord(flake))
		var usage *request.UsageError
		if !errors.As(err, &usage) || !strings.Contains(usage.Message, nixexec.Quoted(flake)) || !strings.HasPrefix(usage.Hint, want+"   #") {
			t.Errorf("%s in %s: %v, want %s", test.line, test.dir, err, want)
		}
	}
	// /etc/nixos/flake.nix is a link into such a directory: nixos-rebuild names it by its path, which ends there for
	// every Nix.
	for _, flake := range []string{"/home/u/a#b", "/home/u/a?b"} {
		r := request.Request{Action: "switch", TargetHostFlag: true, Hosts: []request.Selector{{Word: "web", Host: "web"}}}
		exists := func(path string) bool {
			return slices.Contains([]string{"/etc/nixos/flake.nix", flake + "/flake.nix"}, path)
		}
		realpath := func(path string) string { return strings.Replace(path, "/etc/nixos", flake, 1) }
		err := FindSource(r, "/", exists, realpath).Misread(r, "/", exists, realpath)
		if want := "cd '" + flake + "' && nixhop switch --target-host web --flake path:."; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", flake, err)
		}
	}
}

// A directory that an older Nix makes no URL of is left by a relative path: that is no part of one. (Nix 2.8.)
func TestUnreadPath(t *testing.T) {
	for _, said := range []string{"'file:///home/u/my infra'", "'/home/u/my infra#nixosConfigurations'", "'path:/home/u/ü#x'"} {
		err := &EvaluationError{Flake: ".", Stderr: "warning: x\nerror: " + said + " is not a valid URL\n"}
		f := err.Finding("web")
		offered := strings.Join(request.Request{}.Call().Lines(f.Remedy), "\n")
		if f.Why != onlyURL || !strings.HasPrefix(offered, "nixhop switch --flake path:.  ") || !strings.HasSuffix(err.Error(), "--flake path:.") {
			t.Errorf("%s: %q, %q, %v", said, f.Why, offered, err)
		}
	}
	for _, said := range []string{"error: 'https://cache nixos.org' is not a valid URL", "error: undefined variable 'x'"} {
		if err := (&EvaluationError{Flake: ".", Stderr: said}); err.Finding("web").Why != "" || strings.Contains(err.Error(), "path:.") {
			t.Errorf("%v", err)
		}
	}
}

package rebuild

import (
	"os"
	"path/filepath"
	"testing"
)

// writeTree writes files below a new directory and returns it.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadDialect(t *testing.T) {
	const module = "lib/python3.13/site-packages/nixos_rebuild/__init__.py"
	const wrapper = "#! /bin/bash -e\nexec -a \"$0\" \"/nix/store/x/bin/.nixos-rebuild-wrapped\" \"$@\"\n"
	tests := []struct {
		name      string
		files     map[string]string
		knows     []string
		knowsNot  []string
		reexec    string
		elevation string
	}{
		{"bash", map[string]string{"bin/nixos-rebuild": "#!/bin/bash\ncase $i in\n --fast)\n;;\n --use-remote-sudo|--target-host)\n;;\nesac\n"},
			[]string{"--fast", "--use-remote-sudo"}, []string{"--no-reexec", "--sudo", "--diff"}, "--fast", "--use-remote-sudo"},
		{"ng before --no-reexec", map[string]string{"bin/nixos-rebuild": wrapper, module: "import argparse\np.add_argument(\"--fast\")\np.add_argument(\"--sudo\")\np.add_argument(\"--target-host\")\n"},
			[]string{"--fast", "--sudo"}, []string{"--no-reexec"}, "--fast", "--sudo"},
		{"ng", map[string]string{"bin/nixos-rebuild": wrapper, module: "import argparse\np.add_argument(\"--no-reexec\")\np.add_argument(\"--fast\")\np.add_argument(\"--sudo\")\np.add_argument(\"--target-host\")\n"},
			[]string{"--no-reexec"}, []string{"--elevate"}, "--no-reexec", "--sudo"},
		{"a wrapper that hides the program is taken for the newest", map[string]string{"bin/nixos-rebuild": wrapper},
			[]string{"--no-reexec", "--elevate", "--sudo"}, nil, "--no-reexec", "--sudo"},
		{"a compiled program is taken for the newest", map[string]string{"bin/nixos-rebuild": "\x7fELF --fast --target-host"},
			[]string{"--no-reexec", "--elevate"}, nil, "--no-reexec", "--sudo"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := writeTree(t, test.files)
			link := filepath.Join(t.TempDir(), "nixos-rebuild")
			if err := os.Symlink(filepath.Join(dir, "bin/nixos-rebuild"), link); err != nil {
				t.Fatal(err)
			}
			d := ReadDialect(link)
			if d.Path != link {
				t.Errorf("it runs %q, not what was asked for", d.Path)
			}
			for _, flag := range test.knows {
				if !d.Knows(flag) {
					t.Errorf("it must know %s: %q", flag, d.Known)
				}
			}
			for _, flag := range test.knowsNot {
				if d.Knows(flag) {
					t.Errorf("it must not know %s: %q", flag, d.Known)
				}
			}
			if got, _ := d.Spell("--no-reexec"); got != test.reexec {
				t.Errorf("--no-reexec is spelled %s, want %s", got, test.reexec)
			}
			if got, _ := d.Spell("--sudo"); got != test.elevation {
				t.Errorf("--sudo is spelled %s, want %s", got, test.elevation)
			}
		})
	}
	if d := ReadDialect("/does/not/exist"); len(d.Known) != 0 {
		t.Errorf("a program that is not there has no flags, got %q", d.Known)
	}
}

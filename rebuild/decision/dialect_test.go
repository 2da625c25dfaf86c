package decision

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// A wrapper's own text says nothing of the flags: those of the program behind it count, through as many wrappers and
// links as there are.
func TestReadDialectThroughWrappers(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"store/bin/nixos-rebuild":                                      "#! /bin/bash -e\nexport TMPDIR='/tmp'\nexec -a \"$0\" \"DIR/store/bin/.nixos-rebuild-wrapped\"  \"$@\" \n",
		"store/bin/.nixos-rebuild-wrapped":                             "#!/nix/store/x/bin/python3\nfrom nixos_rebuild import main\n",
		"store/lib/python3.13/site-packages/nixos_rebuild/__init__.py": "import argparse\np.add_argument(\"--target-host\")\np.add_argument(\"--fast\")\n",
		"makeWrapper":        "#! /bin/bash -e\nexport A='1'\nexec \"DIR/store/bin/nixos-rebuild\"  \"$@\"\n",
		"unquoted":           "#!/bin/sh\nexec env A=1 DIR/sw/bin/nixos-rebuild --fast \"$@\"\n",
		"twice":              "#!/bin/sh\nexec 'DIR/nixos-rebuild-2' \"$@\"\n",
		"nixos-rebuild-2":    "#!/bin/sh\nexec DIR/store/bin/nixos-rebuild \"$@\"\n",
		"itself":             "#!/bin/sh\nexec DIR/nixos-rebuild-loop\n",
		"nixos-rebuild-loop": "#!/bin/sh\nexec DIR/nixos-rebuild-loop\n",
		"elsewhere":          "#!/bin/sh\n# exec DIR/store/bin/nixos-rebuild\nexec \"$dir/store/bin/nixos-rebuild\"\n",
	})
	if err := os.Symlink("store", filepath.Join(dir, "sw")); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, bytes.ReplaceAll(text, []byte("DIR"), []byte(dir)), 0o755)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, found := range map[string]bool{"sw/bin/nixos-rebuild": true, "makeWrapper": true, "unquoted": true, "twice": true, "itself": false, "elsewhere": false} {
		d := ReadDialect(filepath.Join(dir, name))
		if got := slices.Equal(d.Known, []string{"--fast", "--target-host"}); got != found {
			t.Errorf("%s: the program was found: %t, want %t; it knows %q", name, got, found, d.Known)
		}
	}
}

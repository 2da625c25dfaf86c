package decision

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// tree writes files (executable ones begin with "#!") and links ("-> to") below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, link := strings.CutPrefix(text, "-> "); link {
			err = os.Symlink(filepath.Join(root, to), path)
		} else if strings.HasPrefix(text, "#!") {
			err = os.WriteFile(path, []byte(text), 0o755)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFindNixosRebuild(t *testing.T) {
	root := tree(t, map[string]string{
		"self/hop":              "#!/bin/sh\n",
		"link/nixos-rebuild":    "-> self/hop",
		"relink/nixos-rebuild":  "-> link/nixos-rebuild",
		"store/bin/nixhop":      "#!/bin/sh\nexec /store/.nixhop-wrapped \"$@\"\n",
		"wrapped/nixos-rebuild": "-> store/bin/nixhop",
		"script/nixos-rebuild":  "#!/bin/sh\nexec nixhop \"$@\"\n",
		"alias/nixos-rebuild":   "#!/bin/sh\nnixhop \"$@\"\n",
		"quoted/nixos-rebuild":  "#!/bin/sh\nexec \"/opt/bin/nixhop\" \"$@\"\n",
		"text/nixos-rebuild":    "not executable",
		"dir/nixos-rebuild/x":   "",
		"real/nixos-rebuild":    "#!/bin/sh\n# works under nixhop, too\n",
		"other/nixos-rebuild":   "#!/bin/sh\n",
		"other/rebuild-26.05":   "#!/bin/sh\n",
	})
	self, err := os.Stat(filepath.Join(root, "self/hop"))
	if err != nil {
		t.Fatal(err)
	}
	path := func(dirs string) string {
		var all []string
		for _, d := range strings.Fields(dirs) {
			all = append(all, filepath.Join(root, d))
		}
		return strings.Join(all, ":")
	}
	for _, c := range []struct{ explicit, dirs, want string }{
		{"", "real other", "real/nixos-rebuild"},
		{"", "missing text dir other real", "other/nixos-rebuild"},
		{"", "link relink wrapped script alias quoted real other", "real/nixos-rebuild"},
		{"", "link relink", ""},
		{"", "", ""},
		{"rebuild-26.05", "real other", "other/rebuild-26.05"},
		{"rebuild-30", "real other", ""},
		{filepath.Join(root, "other/nixos-rebuild"), "real", "other/nixos-rebuild"},
		{filepath.Join(root, "text/nixos-rebuild"), "real", ""},
	} {
		got, err := FindNixosRebuild(c.explicit, path(c.dirs), self, "")
		var missing *nixexec.NotFoundError
		if c.want == "" && !errors.As(err, &missing) || c.want != "" && got != filepath.Join(root, c.want) {
			t.Errorf("%q in %q: %q, %v", c.explicit, c.dirs, got, err)
		}
	}
	var usage *request.UsageError
	if _, err := FindNixosRebuild(filepath.Join(root, "relink/nixos-rebuild"), "", self, ""); !errors.As(err, &usage) {
		t.Errorf("nixhop named as its own nixos-rebuild: %v", err)
	}
}

// The name may lead to nixhop by a hard link, too: the file is the same, not its path.
func TestFindNixosRebuildHardLink(t *testing.T) {
	root := tree(t, map[string]string{"self/hop": "#!/bin/sh\n", "real/nixos-rebuild": "#!/bin/sh\n", "hard/x": ""})
	if err := os.Link(filepath.Join(root, "self/hop"), filepath.Join(root, "hard/nixos-rebuild")); err != nil {
		t.Fatal(err)
	}
	self, _ := os.Stat(filepath.Join(root, "self/hop"))
	got, err := FindNixosRebuild("", filepath.Join(root, "hard")+":"+filepath.Join(root, "real"), self, "")
	if err != nil || got != filepath.Join(root, "real/nixos-rebuild") {
		t.Errorf("%q, %v", got, err)
	}
}

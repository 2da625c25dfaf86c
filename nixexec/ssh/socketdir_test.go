package ssh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// https://github.com/NixOS/nixpkgs/issues/168322, https://github.com/NixOS/nixpkgs/issues/495484
func TestSocketDir(t *testing.T) {
	private, err := os.MkdirTemp("/tmp", "x")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(private)
	open := filepath.Join(private, "o")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(private, strings.Repeat("l", 30))
	odd := filepath.Join(private, "a b")
	for _, dir := range []string{long, odd} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", long)
	for _, test := range []struct{ runtime, parent string }{
		{private, private}, {"", "/tmp"}, {open, "/tmp"}, {long, "/tmp"}, {odd, "/tmp"}, {"relative", "/tmp"}, {private + "/none", "/tmp"},
	} {
		t.Setenv("XDG_RUNTIME_DIR", test.runtime)
		dir := SocketDirName()
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info, err)
		}
		if filepath.Dir(dir) != test.parent || len(dir) > socketDirLimit {
			t.Errorf("XDG_RUNTIME_DIR=%s: got %s", test.runtime, dir)
		}
		if SocketDirName() == dir {
			t.Errorf("not fresh: %s", dir)
		}
	}
}

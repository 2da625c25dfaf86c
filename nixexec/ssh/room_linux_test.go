package ssh

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fullDir is a directory on a file system of its own that takes nothing more.
func fullDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	for i := range 1000 {
		if os.WriteFile(filepath.Join(dir, strings.Repeat("x", i+1)), make([]byte, 1<<10), 0o600) != nil {
			return dir
		}
	}
	t.Fatal("it takes everything")
	return ""
}

// A full XDG_RUNTIME_DIR was told as a host that is unreachable, for no reason, also where the host had shown another
// key (issue 9, number 39): the sockets and ssh's log go to where there is room, and if there is none that is what is
// said.
func TestFullDirectory(t *testing.T) {
	dir := fullDir(t)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if name := SocketDirName(); filepath.Dir(name) == dir {
		t.Errorf("the sockets go to %q", name)
	}
	var full *FullError
	if err := TryRoom(dir); !errors.As(err, &full) || full.Dir != dir || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("%v", err)
	}
	if err := TryRoom(t.TempDir()); err != nil {
		t.Errorf("where there is room: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "room")); err == nil {
		t.Error("the trial stays behind")
	}
}

package cache

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A file system without room takes nothing, and what was kept before stays.
func TestFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root alone mounts file systems")
	}
	c := in(t)
	if err := os.Mkdir(filepath.Dir(c.dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", filepath.Dir(c.dir), "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(filepath.Dir(c.dir), syscall.MNT_DETACH) })
	c.Put("k", "before")
	for i := range 40 {
		c.Put("k"+strconv.Itoa(i), strings.Repeat("x", 4000))
	}
	holds(t, c, "before", true)
	c.Put("k", strings.Repeat("y", 8000))
	holds(t, c, "before", true)
	if _, found := c.Get("k39"); found {
		t.Error("the file system was not full")
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), halfMark) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

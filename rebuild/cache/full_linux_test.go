package cache

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Of a file system that is mounted read-only what is there is read, and nothing else happens.
func TestReadOnly(t *testing.T) {
	c := mounted(t)
	c.Put("k", "before")
	if err := syscall.Mount("", filepath.Dir(c.dir), "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	c.Put("k", "after")
	holds(t, c, "before", true)
	c.Put("other", "v")
	if _, found := c.Get("other"); found {
		t.Error("something was written")
	}
}

// mounted is a cache on a small file system of its own.
func mounted(t *testing.T) Cache {
	t.Helper()
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
	return c
}

// A file system without room takes nothing, and what was kept before stays.
func TestFull(t *testing.T) {
	c := mounted(t)
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

package cache

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	for _, c := range []struct{ xdg, home, want string }{
		{"/x", "/h", "/x/nixhop"},
		{"", "/h", "/h/.cache/nixhop"},
		{"x", "/h", "/h/.cache/nixhop"},
		{"", "", ""},
		{"", "h", ""},
	} {
		env := func(name string) string { return map[string]string{"XDG_CACHE_HOME": c.xdg, "HOME": c.home}[name] }
		if got := Find(env); got.dir != c.want {
			t.Errorf("%q and %q: %q", c.xdg, c.home, got.dir)
		}
	}
}

// in is a cache below a directory that is not there yet.
func in(t *testing.T) Cache {
	t.Helper()
	return Cache{filepath.Join(t.TempDir(), "cache", "nixhop")}
}

// holds fails where a cache has not this value under the key "k".
func holds(t *testing.T, c Cache, want string, ok bool) {
	t.Helper()
	if got, found := c.Get("k"); got != want || found != ok {
		t.Errorf("%q, %v; want %q, %v", got, found, want, ok)
	}
}

func TestPutAndGet(t *testing.T) {
	c := in(t)
	holds(t, c, "", false)
	c.Put("k", "one")
	holds(t, c, "one", true)
	c.Put("k", "two")
	c.Put("other", "three")
	holds(t, c, "two", true)
	for _, path := range []string{c.dir, filepath.Dir(c.dir), filepath.Join(c.dir, name("k"))} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	c.Put("k", strings.Repeat("x", entryLimit))
	holds(t, c, "two", true)
	Cache{}.Put("k", "v")
	holds(t, Cache{}, "", false)
}

// Whatever stands in the place of the directory or of an entry: there is no answer then, and never a wrong one; what is
// another's is not touched.
func TestHostile(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const kept = `{"key":"k","value":"theirs"}`
	entry := func(c Cache) string { return filepath.Join(c.dir, name("k")) }
	root := os.Geteuid() == 0
	for _, h := range []struct {
		name   string
		root   bool // only root can make it so
		make   func(*testing.T, Cache)
		mended bool // what is put then is found
	}{
		{"the directory is a file", false, func(t *testing.T, c Cache) {
			must(t, os.WriteFile(c.dir, []byte(kept), 0o600))
		}, false},
		{"it is a link", false, func(t *testing.T, c Cache) {
			elsewhere := t.TempDir()
			must(t, os.WriteFile(filepath.Join(elsewhere, name("k")), []byte(kept), 0o600))
			must(t, os.Symlink(elsewhere, c.dir))
		}, false},
		{"it is a link to a place beside it", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir+"-2", 0o700))
			must(t, os.WriteFile(filepath.Join(c.dir+"-2", name("k")), []byte(kept), 0o600))
			must(t, os.Symlink("nixhop-2", c.dir))
		}, false},
		{"it is a link to nothing", false, func(t *testing.T, c Cache) { must(t, os.Symlink("nowhere", c.dir)) }, false},
		{"everybody can write to it", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), []byte(kept), 0o600))
			must(t, os.Chmod(c.dir, 0o777))
		}, false},
		{"it is another user's", true, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), []byte(kept), 0o600))
			must(t, os.Chown(c.dir, 1, 1))
		}, false},
		{"what it is to be made in is another user's", true, func(t *testing.T, c Cache) {
			must(t, os.Chown(filepath.Dir(c.dir), 1, 1))
		}, false},
		{"an entry is another user's", true, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), []byte(kept), 0o600))
			must(t, os.Chown(entry(c), 1, 1))
		}, true},
		{"an entry that everybody can write to", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), []byte(kept), 0o600))
			must(t, os.Chmod(entry(c), 0o666))
		}, true},
		{"an entry is a link", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(filepath.Join(c.dir, "theirs"), []byte(kept), 0o600))
			must(t, os.Symlink("theirs", entry(c)))
		}, true},
		{"an entry is a pipe", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, syscall.Mkfifo(entry(c), 0o600))
		}, true},
		{"an entry is a directory", false, func(t *testing.T, c Cache) {
			must(t, os.MkdirAll(filepath.Join(entry(c), "full"), 0o700))
		}, false},
		{"an entry is empty", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), nil, 0o600))
		}, true},
		{"an entry is half of one", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), []byte(kept[:20]), 0o600))
		}, true},
		{"an entry is that of another key", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), []byte(`{"key":"other","value":"theirs"}`), 0o600))
		}, true},
		{"an entry is too long", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o700))
			must(t, os.WriteFile(entry(c), []byte(kept+strings.Repeat(" ", entryLimit)), 0o600))
		}, true},
		{"nothing can be written", false, func(t *testing.T, c Cache) {
			must(t, os.Mkdir(c.dir, 0o500))
			t.Cleanup(func() { _ = os.Chmod(c.dir, 0o700) })
		}, root},
		{"there is nothing above it", false, func(t *testing.T, c Cache) {
			must(t, os.Remove(filepath.Dir(c.dir)))
			must(t, os.Remove(filepath.Dir(filepath.Dir(c.dir))))
		}, false},
	} {
		t.Run(h.name, func(t *testing.T) {
			if h.root && !root {
				t.Skip("root alone gives files away")
			}
			c := in(t)
			must(t, os.Mkdir(filepath.Dir(c.dir), 0o700))
			h.make(t, c)
			holds(t, c, "", false)
			c.Put("k", "ours")
			if h.mended {
				holds(t, c, "ours", true)
			} else {
				holds(t, c, "", false)
			}
		})
	}
}

func TestSuperfluous(t *testing.T) {
	now := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	aged := func(name string, age time.Duration) file { return file{name, now.Add(-age)} }
	files := []file{
		aged(name("a"), time.Minute), aged(name("b"), 3*time.Minute), aged(name("c"), 2*time.Minute),
		aged(halfMark+"young", time.Minute), aged(halfMark+"old", 2*time.Hour), aged("README", 1000*time.Hour),
	}
	for _, c := range []struct {
		most int
		want []string
	}{
		{3, []string{halfMark + "old"}},
		{2, []string{halfMark + "old", name("b")}},
		{1, []string{halfMark + "old", name("b"), name("c")}},
		{0, []string{halfMark + "old", name("b"), name("c"), name("a")}},
	} {
		if got := superfluous(files, now, c.most); !slices.Equal(got, c.want) {
			t.Errorf("at most %d: %q, want %q", c.most, got, c.want)
		}
	}
}

// However much is put, only so much stays, and what was asked for again is not the oldest.
func TestBounded(t *testing.T) {
	c := in(t)
	c.Put("k", "v")
	old := time.Now().Add(-48 * time.Hour)
	for i := range mostKept {
		path := filepath.Join(c.dir, name(strconv.Itoa(i)))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(c.dir, name("k")), old, old.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	holds(t, c, "v", true)
	c.Put("new", "v")
	entries, err := os.ReadDir(c.dir)
	if err != nil || len(entries) != mostKept {
		t.Errorf("%d entries, %v", len(entries), err)
	}
	holds(t, c, "v", true)
	for i, stays := range []bool{false, false, true} {
		if _, err := os.Stat(filepath.Join(c.dir, name(strconv.Itoa(i)))); (err == nil) != stays {
			t.Errorf("entry %d: %v", i, err)
		}
	}
}

// Writers side by side get in nobody's way.
func TestSideBySide(t *testing.T) {
	c := in(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				c.Put("k", "v")
				if got, found := c.Get("k"); !found || got != "v" {
					t.Errorf("%q, %v", got, found)
				}
			}
		})
	}
	wait.Wait()
}

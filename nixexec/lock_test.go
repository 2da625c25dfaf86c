package nixexec

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// lockHome makes a runtime directory for the locks of one test.
func lockHome(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return dir
}

func TestWaitLock(t *testing.T) {
	home := lockHome(t)
	first, err := WaitLock(t.Context(), "n1", "the first", func(string) { t.Error("nobody has the lock, but it is waited for") })
	if err != nil {
		t.Fatal(err)
	}
	other, err := WaitLock(t.Context(), "n2", "another", func(string) { t.Error("another lock is waited for") })
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	// Whoever waits is told once, and gets the lock when it is free.
	second, err := WaitLock(t.Context(), "n1", "the second", func(holder string) {
		told = append(told, holder)
		first.Release()
	})
	if err != nil || len(told) != 1 || told[0] != "the first" {
		t.Fatalf("told %q, %v", told, err)
	}
	second.Release()
	other.Release()
	entries, err := os.ReadDir(home)
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestWaitLockStops(t *testing.T) {
	lockHome(t)
	lock, err := WaitLock(t.Context(), "n1", "the first", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	if _, err := WaitLock(ctx, "n1", "the second", func(string) { cancel(enough) }); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
}

// TestWaitLockAfterKill: what a process that was killed left behind is no lock, and what it wrote is gone.
func TestWaitLockAfterKill(t *testing.T) {
	home := lockHome(t)
	if err := os.Mkdir(filepath.Join(home, "nixhop"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "nixhop", "n1")
	if err := os.WriteFile(file, []byte(strings.Repeat("killed ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := WaitLock(t.Context(), "n1", "the next", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if text, err := os.ReadFile(file); string(text) != "the next" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}

// TestWaitLockRefuses: no link is followed, and a directory that others can write to holds no lock.
func TestWaitLockRefuses(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, locks, elsewhere string) error{
		"link for the directory": func(_ *testing.T, locks, elsewhere string) error { return os.Symlink(elsewhere, locks) },
		"link for the file": func(t *testing.T, locks, elsewhere string) error {
			if err := os.Mkdir(locks, 0o700); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(elsewhere, "victim"), filepath.Join(locks, "n1"))
		},
		"a directory for all": func(t *testing.T, locks, _ string) error {
			if err := os.Mkdir(locks, 0o700); err != nil {
				return err
			}
			return os.Chmod(locks, 0o777)
		},
		"a file for the directory": func(_ *testing.T, locks, _ string) error { return os.WriteFile(locks, nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere := t.TempDir()
			home := lockHome(t)
			if err := prepare(t, filepath.Join(home, "nixhop"), elsewhere); err != nil {
				t.Fatal(err)
			}
			lock, err := WaitLock(t.Context(), "n1", "me", nil)
			if err == nil {
				lock.Release()
				t.Error("the lock was taken")
			}
			if entries, _ := os.ReadDir(elsewhere); len(entries) != 0 {
				t.Errorf("the link was followed: %v", entries)
			}
		})
	}
}

// TestLockDir: a runtime directory that is missing, relative or open to others is not used.
func TestLockDir(t *testing.T) {
	home := lockHome(t)
	if got, want := lockDir(), filepath.Join(home, "nixhop"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, runtime := range []string{"", ".", home, filepath.Join(home, "missing")} {
		if got := lockDirIn("/tmp/mine", runtime); got != "/tmp/mine" {
			t.Errorf("with XDG_RUNTIME_DIR=%q the locks are in %q", runtime, got)
		}
		// What cron starts is told of no XDG_RUNTIME_DIR, and is to find the lock of who sits at the terminal.
		if got := lockDirIn("/tmp/mine", runtime, private); got != filepath.Join(private, "nixhop") {
			t.Errorf("with XDG_RUNTIME_DIR=%q the locks are in %q", runtime, got)
		}
	}
}

// TestLockExcludes: the removal of the file lets no two in.
func TestLockExcludes(t *testing.T) {
	home := lockHome(t)
	var inside, most atomic.Int32
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				lock, err := WaitLock(t.Context(), "n1", "me", func(string) {})
				if err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), inside.Add(1)))
				inside.Add(-1)
				lock.Release()
			}
		})
	}
	wait.Wait()
	if most.Load() != 1 {
		t.Errorf("%d at once", most.Load())
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

package nixexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// lockPause is how long a process that waits for a lock sleeps between two looks.
const lockPause = 100 * time.Millisecond

// holderLimit bounds what is kept of the word about who holds a lock, in bytes.
const holderLimit = 512

// Lock is a lock between the processes that one user has on this machine. The kernel lets go of it when its process ends, however
// that happens.
type Lock struct {
	file *os.File
	dir  *os.File
	name string
	path string // of the directory
}

// WaitLock takes the lock of that name, which must be a plain file name, and leaves a word for those who wait for it: holder. Where
// another process has it, waiting is called once with that process's word, which may be empty, and the lock is waited for until
// ctx is done; its cause is the error then.
//
// The lock is a file (flock) in a directory of the user's own, in the runtime directory or else in /tmp. That directory must be the user's and
// nobody else's, and no link is followed to it or in it. Both are removed with the lock.
func WaitLock(ctx context.Context, name, holder string, waiting func(holder string)) (*Lock, error) {
	told := false
	for {
		lock, held, err := tryLock(name, holder)
		if lock != nil || err != nil {
			return lock, err
		}
		if !told {
			waiting(held)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPause):
		}
	}
}

// tryLock takes the lock, or returns the word of the process that has it.
func tryLock(name, holder string) (lock *Lock, held string, err error) {
	path := lockDir()
	for {
		lock, held, err = tryLockIn(path, name, holder)
		// Whoever let go of the lock removed the file, or the directory, that this one had just found.
		if !errors.Is(err, errLockGone) {
			break
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("taking the lock %q: %w", filepath.Join(path, name), err)
	}
	return lock, held, nil
}

// errLockGone says that the lock's file is not the one that has its name any more.
var errLockGone = errors.New("the lock was removed meanwhile")

func tryLockIn(path, name, holder string) (*Lock, string, error) {
	dir, err := openLockDir(path)
	if err != nil {
		return nil, "", err
	}
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		dir.Close()
		if errors.Is(err, unix.ENOENT) {
			return nil, "", errLockGone
		}
		return nil, "", err
	}
	l := &Lock{file: os.NewFile(uintptr(fd), name), dir: dir, name: name, path: path}
	switch err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		held, _ := io.ReadAll(io.LimitReader(l.file, holderLimit))
		l.close()
		return nil, string(held), nil
	case err == nil:
		err = l.own(holder)
	}
	if err != nil {
		l.close()
		return nil, "", err
	}
	return l, "", nil
}

// own makes sure that the file still has its name, and writes who has it.
func (l *Lock) own(holder string) error {
	var locked, named unix.Stat_t
	if err := unix.Fstat(int(l.file.Fd()), &locked); err != nil {
		return err
	}
	err := unix.Fstatat(int(l.dir.Fd()), l.name, &named, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) || err == nil && (locked.Ino != named.Ino || locked.Dev != named.Dev) {
		return errLockGone
	}
	if err != nil {
		return err
	}
	// What a process that was killed has left is longer, maybe.
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt([]byte(holder[:min(len(holder), holderLimit)]), 0)
	return err
}

// Release lets go of the lock and leaves nothing behind.
func (l *Lock) Release() {
	_ = unix.Unlinkat(int(l.dir.Fd()), l.name, 0) // before the lock goes: nobody else's file is removed
	l.close()
	_ = os.Remove(l.path) // as long as no other lock is in it
}

func (l *Lock) close() {
	l.file.Close()
	l.dir.Close()
}

// lockDir is the directory of the locks. Two processes must find the same one: TMPDIR is not asked, and where a process was told of no
// XDG_RUNTIME_DIR, as one that cron starts, it is looked for where systemd makes it (pam_systemd(8)).
func lockDir() string {
	uid := strconv.Itoa(os.Getuid())
	return lockDirIn("/tmp/nixhop-"+uid, os.Getenv("XDG_RUNTIME_DIR"), "/run/user/"+uid)
}

// lockDirIn is a directory in the first of the runtime directories that is there and the user's own, else the one otherwise.
func lockDirIn(otherwise string, runtimes ...string) string {
	for _, runtime := range runtimes {
		if !filepath.IsAbs(runtime) {
			continue
		}
		if dir, err := openPrivate(runtime, 0); err == nil {
			dir.Close()
			return filepath.Join(runtime, "nixhop")
		}
	}
	return otherwise
}

// openLockDir opens the directory of the locks, and makes it where it is missing.
func openLockDir(path string) (*os.File, error) {
	for range 100 {
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		dir, err := openPrivate(path, unix.O_NOFOLLOW)
		if !errors.Is(err, os.ErrNotExist) {
			return dir, err
		}
	}
	return nil, errLockGone
}

// openPrivate opens a directory that is this user's and that nobody else can enter.
func openPrivate(path string, flags int) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	dir := os.NewFile(uintptr(fd), path)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		dir.Close()
		return nil, err
	}
	if int(stat.Uid) != os.Getuid() || stat.Mode&0o077 != 0 {
		dir.Close()
		return nil, fmt.Errorf("%q must belong to this user and to nobody else", path)
	}
	return dir, nil
}

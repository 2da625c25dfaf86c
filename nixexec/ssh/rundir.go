package ssh

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// RunLock is the file by whose lock a run's directory is known to belong to a run that lives.
const RunLock = "lock"

// PlanAlive is the named pipe that the shell of a printed plan keeps open in the plan's directory as long as it lives.
const PlanAlive = "alive"

// runDirName matches what SocketDirName gives, behind the slash.
var runDirName = regexp.MustCompile(`^nixhop-([0-9]+-)?[a-z0-9]{8}$`)

// MakeRunDir makes a directory of that name for a run, private to this user, and locks it for as long as the file that
// it returns is open here, or in a child that got it as Stdio.Held. What ended runs of this user have left beside it is
// removed: one that was killed could not.
func MakeRunDir(dir string) (*os.File, error) {
	SweepRunDirs(filepath.Dir(dir))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockRunDir(dir)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return lock, nil
}

// lockRunDir makes the lock. It has its name only once it is locked: nobody finds one there that nobody holds yet.
func lockRunDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, RunLock)
	lock, err := os.OpenFile(path+".new", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("locking %q: %w", path, err)
	}
	return lock, nil
}

func sameAs(open *os.File, path string) bool {
	held, err := open.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(held, there)
}

// SweepRunDirs removes from a directory what runs of this user have left there that live no more: whose lock nobody
// holds. So with what the shells of pasted plans have left: whose pipe nobody has open. A directory without either is
// left alone: it may be another program's.
func SweepRunDirs(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		dir := filepath.Join(parent, entry.Name())
		if entry.IsDir() && runDirName.MatchString(entry.Name()) && isOurs(dir) {
			sweep(dir)
		}
	}
}

// sweep removes one, and holds its lock meanwhile.
func sweep(dir string) {
	path := filepath.Join(dir, RunLock)
	lock, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) && planEnded(filepath.Join(dir, PlanAlive)) {
		_ = os.RemoveAll(dir)
	}
	if err != nil {
		return
	}
	defer lock.Close()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && sameAs(lock, path) {
		_ = os.RemoveAll(dir)
	}
}

// planEnded reports whether a plan's pipe is there and has no reader: only then is there nobody to write to (ENXIO).
func planEnded(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		return false
	}
	pipe, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err == nil {
		pipe.Close()
	}
	return errors.Is(err, syscall.ENXIO)
}

// isOurs reports whether a directory is this user's alone.
func isOurs(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

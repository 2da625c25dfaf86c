package cache

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// errForeign says that something is not this user's own, or not what it should be.
var errForeign = errors.New("it is not this user's alone")

// open opens the directory, which must be the user's own, itself and no link: everything after goes by what was opened.
func (c Cache) open(create bool) (*os.Root, error) {
	if c.dir == "" {
		return nil, os.ErrNotExist
	}
	above, base := filepath.Dir(c.dir), filepath.Base(c.dir)
	if create {
		if err := makeAbove(above); err != nil {
			return nil, err
		}
	}
	outer, err := os.OpenRoot(above)
	if err != nil {
		return nil, err
	}
	defer outer.Close()
	if create {
		// Root in somebody's home must not make there what the user could not write then.
		if info, err := outer.Stat("."); err != nil || !owned(info) {
			return nil, errForeign
		}
		if err := outer.Mkdir(base, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	named, err := outer.Lstat(base)
	if err != nil {
		return nil, err
	}
	if !named.IsDir() {
		return nil, errForeign
	}
	inner, err := outer.OpenRoot(base)
	if err != nil {
		return nil, err
	}
	opened, err := inner.Stat(".")
	if err == nil && (!os.SameFile(named, opened) || !trusted(opened)) {
		err = errForeign
	}
	if err != nil {
		inner.Close()
		return nil, err
	}
	return inner, nil
}

// makeAbove makes the directory above the cache where it is missing, in one of the user's own.
func makeAbove(dir string) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, os.ErrNotExist) {
		return err
	}
	info, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return err
	}
	if !owned(info) {
		return errForeign
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// owned reports whether something belongs to this user.
func owned(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// trusted reports whether nobody else can have written it.
func trusted(info os.FileInfo) bool { return owned(info) && info.Mode().Perm()&0o022 == 0 }

// errReplaced says that a file has taken another's place while it was looked at.
var errReplaced = errors.New("it was replaced")

// read returns what a regular file of the user's own holds, and when it was last used.
func read(dir *os.Root, name string) (text []byte, used time.Time, err error) {
	for range 10 { // a writer beside us may replace it each time, which is no reason to have none
		if text, used, err = readOnce(dir, name); !errors.Is(err, errReplaced) {
			break
		}
	}
	return text, used, err
}

func readOnce(dir *os.Root, name string) (text []byte, used time.Time, err error) {
	named, err := dir.Lstat(name)
	if err != nil {
		return nil, used, err
	}
	if !named.Mode().IsRegular() || !trusted(named) || named.Size() > entryLimit {
		return nil, used, errForeign
	}
	file, err := dir.Open(name)
	if err != nil {
		return nil, used, err
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil {
		return nil, used, err
	}
	if !os.SameFile(named, opened) {
		return nil, used, errReplaced
	}
	text, err = io.ReadAll(io.LimitReader(file, entryLimit+1))
	return text, opened.ModTime(), err
}

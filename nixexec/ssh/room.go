package ssh

import (
	"errors"
	"fmt"
	"io/fs"
	"nixhop/nixexec"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Room that a run takes in the directory of its sockets: most of it for what ssh says, which has some 20 KiB a host.
const (
	roomBytes  = 256 << 10
	roomInodes = 32
)

// FullError says that a directory of this machine takes nothing more.
type FullError struct {
	Dir string
	Err error
}

// Error names the directory.
func (e *FullError) Error() string {
	return fmt.Sprintf("%q on this machine takes nothing more: %v\nmake room there: df -h %s", e.Dir, e.Err, nixexec.ShellWord(e.Dir))
}

// Unwrap returns the error of the system.
func (e *FullError) Unwrap() error { return e.Err }

// TryRoom finds out, by a file that it removes again, whether a directory takes what a run writes there. The error is a
// *FullError where it is full.
func TryRoom(dir string) error {
	trial := filepath.Join(dir, "room")
	defer os.Remove(trial)
	return asFull(dir, os.WriteFile(trial, make([]byte, roomBytes), 0o600))
}

// asFull makes a *FullError of an error of writing that is about room.
func asFull(dir string, err error) error {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		var path *fs.PathError
		if errors.Is(err, full) && !errors.As(err, new(*FullError)) {
			if errors.As(err, &path) {
				err = path.Err
			}
			return &FullError{Dir: dir, Err: err}
		}
	}
	return err
}

// hasRoom reports whether the file system of a directory says that it has room. Some do not count files.
func hasRoom(dir string) bool {
	var free unix.Statfs_t
	if err := unix.Statfs(dir, &free); err != nil {
		return false
	}
	return uint64(free.Bavail)*uint64(free.Bsize) >= 2*roomBytes && (free.Files == 0 || free.Ffree >= roomInodes)
}

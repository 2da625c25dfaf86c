package nixexec

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// Replace makes this process the program at path, with argv (whose first word is the program's name), and the
// environment as it is but for the additions. It returns only when that failed, or when a signal that ctx catches has
// arrived, which the program would know nothing of.
func Replace(ctx context.Context, path string, argv []string, additions ...string) error {
	if err := giveBack(ctx); err != nil {
		return err
	}
	// One that a thread still has in its hands would be lost with this process: it ends it now.
	taken(append(keyboard(), syscall.SIGTERM, syscall.SIGHUP), false)
	cmd := exec.Cmd{Env: append(os.Environ(), additions...)} // of two values of a variable the later wins
	return fmt.Errorf("starting %q: %w", path, syscall.Exec(path, argv, cmd.Environ()))
}

// LookPath returns the path of a program: itself where it holds a slash, else where PATH has it. The error is
// a *NotFoundError where there is no such program.
func LookPath(program string) (string, error) {
	path, err := exec.LookPath(program)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return "", &NotFoundError{Program: program}
	}
	if err != nil {
		return "", fmt.Errorf("looking up %q: %w", program, err)
	}
	return path, nil
}

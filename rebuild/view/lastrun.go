package view

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// lastRun is where the logs of failed hosts are kept until the next run: a directory of each run, which a link called
// "last" is set to at its end, so that it shows the logs of one run or of another, and never of both.
type lastRun struct {
	base string   // $XDG_STATE_HOME/nixhop
	dir  *os.File // that of the run, locked as long as it goes on
}

// Names in that directory.
const (
	lastLink  = "last"
	runPrefix = "run-"
)

// LastLogs keeps the logs of a run for which nobody has named a directory. env is os.Getenv, or a table in tests.
func LastLogs(env func(string) string) (*Logs, error) {
	state := env("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // which the specification has one ignore
		home := env("HOME")
		if !filepath.IsAbs(home) {
			return nil, errors.New("there is no home directory for logs")
		}
		state = filepath.Join(home, ".local", "state")
	}
	r := &lastRun{base: filepath.Join(state, "nixhop")}
	if err := os.MkdirAll(r.base, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory for logs: %w", err)
	}
	r.sweep()
	for range makeTries {
		err := r.make()
		if err == nil {
			return &Logs{dir: r.dir.Name(), last: r, files: map[string]*logFile{}}, nil
		}
		if !errors.Is(err, os.ErrNotExist) { // another run has swept it away before it was locked
			return nil, fmt.Errorf("making the directory for logs: %w", err)
		}
	}
	return nil, fmt.Errorf("making the directory for logs: somebody removes it from %q", r.base)
}

// makeTries is how often the directory of a run is made where it is removed at once.
const makeTries = 5

// make makes the directory of the run and locks it.
func (r *lastRun) make() error {
	name, err := os.MkdirTemp(r.base, runPrefix)
	if err != nil {
		return err
	}
	if r.dir, err = os.Open(name); err != nil {
		return err
	}
	if err = unix.Flock(int(r.dir.Fd()), unix.LOCK_EX); err == nil {
		_, err = os.Stat(name)
	}
	if err != nil {
		r.dir.Close()
	}
	return err
}

func (r *lastRun) link() string { return filepath.Join(r.base, lastLink) }

// sweep removes what runs have left that were killed.
func (r *lastRun) sweep() {
	kept, _ := os.Readlink(r.link())
	entries, _ := os.ReadDir(r.base)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), runPrefix) || entry.Name() == kept {
			continue
		}
		path := filepath.Join(r.base, entry.Name())
		dir, err := os.Open(path)
		if err != nil {
			continue
		}
		if unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.RemoveAll(path)
		}
		dir.Close()
	}
}

// replace makes the logs of this run the last ones.
func (r *lastRun) replace() error {
	name := filepath.Base(r.dir.Name())
	before, _ := os.Readlink(r.link())
	link := r.dir.Name() + ".link"
	err := os.Symlink(name, link)
	if err == nil {
		err = os.Rename(link, r.link())
	}
	if err == nil && strings.HasPrefix(before, runPrefix) && filepath.Base(before) == before {
		_ = os.RemoveAll(filepath.Join(r.base, before))
	}
	return cmp.Or(err, r.dir.Close())
}

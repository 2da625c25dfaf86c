// Package included keeps the files of ssh configuration that are nixhop's own, which an Include of the user's config
// leads to. It writes no other file but for that one line, where it is told to; which hosts stand there is for others
// to say.
package included

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// Mark begins the first line of each file.
const Mark = "# Made by nixhop"

// File is one of the files.
type File struct {
	Path   string
	Config string // the user's config, which is to include it
	Line   string // that includes it
}

// Find is the file of a name beside the ssh config in use; explicit is that of --ssh-config, or empty. An error is a
// *request.UsageError.
func Find(explicit, name string) (File, error) {
	files := sshcfg.Files(explicit)
	if len(files) == 0 {
		return File{}, &request.UsageError{Message: "--ssh-config none is no file that could include another"}
	}
	config, err := filepath.Abs(files[0])
	if err != nil {
		return File{}, err
	}
	dir := filepath.Join(filepath.Dir(config), "nixhop")
	f := File{Path: filepath.Join(dir, name+".conf"), Config: config, Line: "Include nixhop/*.conf"}
	if explicit != "" { // where a relative path would start in ~/.ssh
		f.Line = `Include "` + dir + `/*.conf"`
	}
	return f, nil
}

// Begins reports whether a file begins with a text, such as Mark and who of nixhop's has made it.
func Begins(path, text string) bool { return strings.HasPrefix(string(nixexec.ReadText(path)), text) }

// Read is what stands in the file; nothing where it is not there. One that is not marked, or is a link, belongs to
// somebody else, and is an error.
func (f File) Read() (string, error) {
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%q is no plain file, so that it is not nixhop's to write", f.Path)
	}
	text, err := os.ReadFile(f.Path)
	if err == nil && !strings.HasPrefix(string(text), Mark) {
		err = fmt.Errorf("%q does not begin with %q, so that it is not nixhop's to write\nto have it out of the way: %s",
			f.Path, Mark, nixexec.ShellWords([]string{"mv", f.Path, f.Path + ".old"}))
	}
	return string(text), err
}

// Write writes the file, whose text begins with Mark, and its directory where that is missing; changed is false where
// it says that already. The errors are those of Read, and of writing.
func (f File) Write(text string) (changed bool, err error) {
	before, err := f.Read()
	if err != nil || before == text {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return false, err
	}
	return true, replace(f.Path, text, 0o600)
}

// Included reports whether ssh reads the file: one of the hosts that it names stands there for it.
func (f File) Included() bool {
	inv := sshcfg.List([]string{f.Config})
	return slices.ContainsFunc(inv.Aliases, func(a sshcfg.Alias) bool { return a.File == f.Path })
}

// Include writes the line into the user's config, in front of all else, where no Host line stands above it. A config
// that is a link belongs to what has made it.
func (f File) Include() error {
	text := ""
	mode := fs.FileMode(0o600)
	info, err := os.Lstat(f.Config)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(f.Config), 0o700); err != nil {
			return err
		}
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%q is no plain file: write this line where it is made: %s", f.Config, f.Line)
	default:
		before, err := os.ReadFile(f.Config)
		if err != nil {
			return err
		}
		text, mode = "\n"+string(before), info.Mode().Perm()
	}
	return replace(f.Config, f.Line+"\n"+text, mode)
}

// replace puts a text in the place of a file at once, so that no ssh reads half of it.
func replace(path, text string, mode fs.FileMode) error {
	made, err := os.CreateTemp(filepath.Dir(path), ".nixhop-")
	if err != nil {
		return err
	}
	defer os.Remove(made.Name())
	_, err = made.WriteString(text)
	err = errors.Join(err, made.Chmod(mode), made.Close())
	if err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return os.Rename(made.Name(), path)
}

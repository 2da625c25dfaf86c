package inventory

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mostRead bounds how many files are read for a mention.
const mostRead = 2000

// Mentioned reports whether an inventory may be in a flake here: its lock file or one of the Nix files around it holds the
// name of a tool. So a flake without one need not be asked by an evaluation. dir is where its flake.nix is; of what is too
// much to be read an inventory may always be there.
func Mentioned(dir string) bool {
	read := 0
	found := false
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		switch name := entry.Name(); {
		case entry.IsDir() && path != dir && (strings.HasPrefix(name, ".") || name == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".nix") && name != "flake.lock":
			return nil
		}
		read++
		text, err := os.ReadFile(path)
		if err == nil && mentions(text) || read > mostRead {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// mentions reports whether a text holds a word by which an inventory is found.
func mentions(text []byte) bool {
	return slices.ContainsFunc(Forms(""), func(f Form) bool { return bytes.Contains(text, []byte(f.Kind)) })
}

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

// Mentioned are those of some forms that may be in a flake here: its lock file or one of the Nix files around it holds
// the name of the tool. So a flake without one need not be asked by an evaluation. dir is where its flake.nix is; of
// what is too much to be read all may always be there.
func Mentioned(dir string, forms []Form) []Form {
	read := 0
	found := map[Kind]bool{}
	missing := func(f Form) bool { return !found[f.Kind] }
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
		for _, f := range forms {
			if err == nil && bytes.Contains(text, []byte(f.Kind.word())) || read > mostRead {
				found[f.Kind] = true
			}
		}
		if !slices.ContainsFunc(forms, missing) {
			return fs.SkipAll
		}
		return nil
	})
	return slices.DeleteFunc(slices.Clone(forms), missing)
}

// word is what stands in the files of a flake that has an inventory of the kind: the name of the tool.
func (k Kind) word() string {
	if k == Deploy {
		return "deploy-rs"
	}
	return string(k)
}

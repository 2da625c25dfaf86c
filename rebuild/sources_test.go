package rebuild

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sourceFile is a file of the program, without those of tests.
type sourceFile struct {
	path string // from the top of the module
	room string // its directory; ".": main
	tree *ast.File
}

// sources reads all of the program.
func sources(t *testing.T) []sourceFile {
	t.Helper()
	const top = ".."
	var all []sourceFile
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		below, _ := filepath.Rel(top, name)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != top && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir(), !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
			return nil
		}
		tree, err := goparser.ParseFile(token.NewFileSet(), name, nil, goparser.SkipObjectResolution)
		all = append(all, sourceFile{filepath.ToSlash(below), path.Dir(filepath.ToSlash(below)), tree})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("read %d files of the program, which has more", len(all))
	}
	return all
}

// sourceOf is a file as it would be if its text stood in a room.
func sourceOf(t *testing.T, room, text string) sourceFile {
	t.Helper()
	tree, err := goparser.ParseFile(token.NewFileSet(), "made-up.go", text, goparser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return sourceFile{path.Join(room, "made-up.go"), room, tree}
}

// imports are the packages that the file imports, by the names that they have in it.
func (f sourceFile) imports() map[string]string {
	all := map[string]string{}
	for _, spec := range f.tree.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		all[name] = imported
	}
	return all
}

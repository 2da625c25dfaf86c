package plan

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// FindNixosRebuild returns the path of the nixos-rebuild to run: the explicit one (a path, or a name that path has),
// else the first nixos-rebuild in path (as $PATH is written) that is not nixhop. self is the running executable.
// nixhop under the name nixos-rebuild is recognised as the same file through any link, as a link to a program called
// nixhop (a wrapper that nixpkgs makes), or as a script that runs nixhop. The error wraps a *nixexec.NotFoundError
// where there is none.
func FindNixosRebuild(explicit, path string, self os.FileInfo) (string, error) {
	if explicit != "" {
		return findExplicit(explicit, path, self)
	}
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		candidate := filepath.Join(dir, "nixos-rebuild")
		if isProgram(candidate) && !isNixhop(candidate, self) {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("%w\nname one: nixhop --nixos-rebuild PATH", &nixexec.NotFoundError{Program: "nixos-rebuild"})
}

func findExplicit(explicit, path string, self os.FileInfo) (string, error) {
	candidates := []string{explicit}
	if filepath.Base(explicit) == explicit {
		candidates = nil
		for _, dir := range filepath.SplitList(path) {
			candidates = append(candidates, filepath.Join(dir, explicit))
		}
	}
	for _, c := range candidates {
		if !isProgram(c) {
			continue
		}
		if isNixhop(c, self) {
			return "", &request.UsageError{Message: fmt.Sprintf("%q is nixhop itself, not a nixos-rebuild", explicit)}
		}
		return c, nil
	}
	return "", fmt.Errorf("%w\nit was named by --nixos-rebuild or NIXHOP_NIXOS_REBUILD", &nixexec.NotFoundError{Program: explicit})
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

func isNixhop(path string, self os.FileInfo) bool {
	if info, err := os.Stat(path); err == nil && self != nil && os.SameFile(info, self) {
		return true
	}
	real, err := filepath.EvalSymlinks(path)
	return err == nil && (filepath.Base(real) == "nixhop" || runsNixhop(real))
}

// runsNixhop reports whether the file is a script with the word nixhop, or that of a wrapped one, as a program's name
// in it.
func runsNixhop(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxScript))
	script := len(text) > 2 && text[0] == '#' && text[1] == '!'
	command := regexp.MustCompile(`(?m)^[^#\n]*\b(exec|command)?[ \t"'/]\.?nixhop(-wrapped)?(["'\s;]|$)|^\s*nixhop(\s|$)`)
	return err == nil && script && command.Match(text)
}

// maxScript bounds how much of a script is read to find out whether it runs nixhop.
const maxScript = 64 << 10

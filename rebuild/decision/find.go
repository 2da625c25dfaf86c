package decision

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// StartedMark is the variable by which a nixos-rebuild that nixhop starts finds out, should it start nixhop in turn.
const StartedMark = "NIXHOP_STARTED"

// Started is the mark for the environment of a nixos-rebuild that nixhop starts; before is what it says here.
func Started(path, before string) string {
	return StartedMark + "=" + strings.TrimPrefix(before+string(filepath.ListSeparator)+path, string(filepath.ListSeparator))
}

// FindNixosRebuild returns the path of the nixos-rebuild to run: the explicit one (a path, or a name that path has),
// else the first nixos-rebuild in path (as $PATH is written) that is not nixhop. self is the running executable.
// nixhop under the name nixos-rebuild is recognised as the same file through any link, as a link to a program called
// nixhop (a wrapper that nixpkgs makes), or as a script that runs nixhop. One that is not recognised, and has started
// this nixhop, is an error: each would start the other for ever. started is what the mark says. The error wraps a
// *nixexec.NotFoundError where there is none.
func FindNixosRebuild(explicit, path string, self os.FileInfo, started string) (string, error) {
	found, err := findNixosRebuild(explicit, path, self)
	has := func(path string) bool { return sameFile(path, found) }
	if err == nil && slices.ContainsFunc(filepath.SplitList(started), has) {
		return "", &request.UsageError{
			Message: fmt.Sprintf("%q was started by nixhop, and has started nixhop: that would never end", found),
			Hint:    "name the real one: --nixos-rebuild PATH",
		}
	}
	return found, err
}

// FindInstalled is what FindNixosRebuild finds with the PATH and the mark of an environment, and what that understands.
func FindInstalled(explicit string, self os.FileInfo, env func(string) string) Installed {
	path, err := FindNixosRebuild(explicit, env("PATH"), self, env(StartedMark))
	if err != nil {
		return Installed{Err: err}
	}
	return Installed{Dialect: ReadDialect(path)}
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

func findNixosRebuild(explicit, path string, self os.FileInfo) (string, error) {
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
	return "", fmt.Errorf("%w\nname one: --nixos-rebuild PATH", &nixexec.NotFoundError{Program: "nixos-rebuild"})
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

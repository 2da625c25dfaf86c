package source

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// endsPath are the characters that end the path of a URL. A flake's directory has a URL for Nix, in which the older
// ones write them as they are: for a git tree "a#b" they fetch "a", and what is deployed is another flake.
const endsPath = "#?"

// Misread refuses a flake in a directory whose name Nix would not read to its end. dir is the working directory; exists
// and realpath look at the file system.
func (s Source) Misread(r request.Request, dir string, exists func(string) bool, realpath func(string) string) error {
	named := r.FlakeGiven && r.Flake != ""
	path := s.Flake
	if named {
		path, _, _ = strings.Cut(s.Flake, "?")
	}
	if path == "" || path[0] != '.' && path[0] != '/' {
		return nil
	}
	absolute := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	isFlake := func(path string) bool { return exists(filepath.Join(path, "flake.nix")) }
	// What was typed is a directory as a whole, and as Nix reads it none, or one with a query that nobody writes so.
	if typed := absolute(r.Flake); named && strings.ContainsAny(r.Flake, endsPath) && isFlake(typed) &&
		(strings.Contains(r.Flake, "?") || !isFlake(absolute(path))) {
		return s.misread(r, typed, true)
	}
	found := realpath(absolute(path))
	if s.Found != "" {
		found = realpath(s.Found)
	}
	linked := !named && path[0] == '/'
	if strings.ContainsAny(found, endsPath) && (linked || s.tree(found) != "") {
		return s.misread(r, found, found != realpath(dir))
	}
	return nil
}

// misread is the error for a directory. As a path: that is relative, every Nix takes it.
func (s Source) misread(r request.Request, flake string, elsewhere bool) error {
	end := strings.IndexAny(flake, endsPath)
	ref := "path:."
	if s.Name != "" && !strings.Contains(r.Flake, "?") && !strings.HasSuffix(flake, "#"+s.Name) {
		ref += "#" + nixexec.Fragment(s.Name)
	}
	offered := report.Again("--flake", ref)
	if elsewhere {
		offered = offered.Under("cd " + nixexec.ShellWord(flake) + " &&")
	}
	return &request.UsageError{
		Message: fmt.Sprintf("Nix may read %q where the flake in %q is meant: a %q ends the path in a URL", flake[:end], flake, flake[end:end+1]),
		Hint:    r.Offer(offered.Note("with what is in no commit, too; or rename it")),
	}
}

// unreadURL matches what a Nix says of a directory with a space in its name, say, which it writes into a URL as it is.
var unreadURL = regexp.MustCompile(`(?m)^error: '(?:(?:git\+)?file://|path:|[./])[^']*' is not a valid URL$`)

// onlyURL says why. A path that is relative to the working directory is no part of the URL.
const onlyURL = "to this Nix the path of a flake is a URL, in which no space stands and no letter but a to z"

// unreadPath reports whether nix could not read the path of the flake itself.
func (e *EvaluationError) unreadPath() bool { return unreadURL.MatchString(e.Stderr) }

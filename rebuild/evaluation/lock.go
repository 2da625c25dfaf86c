package evaluation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Lock is what a flake is, where that never changes: a commit of it, and all of its inputs. Nix has a cache of what it
// evaluates of such a one, and of most others none.
type Lock struct {
	Fingerprint string // of the tree, the inputs and the nix that is asked; empty: it may change
	Quiet       bool   // it sets nothing for Nix
}

// constant are the flags with which an evaluation depends on nothing but the flake.
var constant = []string{
	"--verbose", "--quiet", "--log-format", "--print-build-logs", "--show-trace", "--max-jobs", "--cores", "--builders",
	"--keep-going", "--keep-failed", "--fallback", "--repair", "--offline", "--no-net", "--no-registries",
	"--accept-flake-config", "--no-update-lock-file", "--no-write-lock-file",
}

// lockable reports whether what is evaluated of the source can be the same in every run.
func lockable(s source.Source, r request.Request) bool {
	if !s.IsFlake() {
		return false
	}
	for _, f := range r.Flags {
		one := request.Request{Flags: []request.Flag{f}}
		if len(one.NixWords(request.ForFlakeEval)) > 0 && !slices.Contains(constant, f.Name) {
			return false
		}
	}
	return true
}

// findLock asks Nix what the flake is. A lock file that would have to change is none. dir is the working directory.
func findLock(ctx context.Context, s source.Source, r request.Request, dir string, env func(string) string) Lock {
	if !lockable(s, r) || changed(ctx, s.Flake, dir, env) {
		return Lock{}
	}
	// Where it has to change the lock file this is an error, and so it writes nothing.
	argv := append(nixexec.NixCommand("flake", "metadata", "--json", s.Flake), r.NixWords(request.ForFlakeEval)...)
	argv = slices.DeleteFunc(argv, func(word string) bool { return word == source.NoLockFile })
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: append(argv, "--no-update-lock-file")})
	if err != nil {
		return Lock{}
	}
	lock, file := readLock(out, nixItself())
	if !nixexec.Exists(file) { // the store is not the one of this machine, or keeps no copy
		file = s.FlakeFile(dir)
	}
	text := string(nixexec.ReadText(file))
	lock.Quiet = text != "" && !strings.Contains(text, "nixConfig")
	return lock
}

// changed reports whether the flake's tree here surely is no commit, which git knows faster than Nix.
func changed(ctx context.Context, flake, dir string, env func(string) string) bool {
	tree := facts.FindTree(flake, dir, nixexec.Exists)
	switch {
	case tree.Remote || tree.Committed:
		return false
	case tree.Root == "":
		path, _, _ := strings.Cut(flake, "?")
		return strings.HasPrefix(path, "path:") || path == "" || path[0] == '.' || path[0] == '/'
	}
	_, err := nixexec.Output(ctx, facts.GitCommand(tree.Root, env,
		"diff", "--quiet", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "HEAD"))
	return err != nil
}

// nixItself names the nix that is installed: another one may read a flake otherwise.
func nixItself() string {
	path, err := nixexec.LookPath("nix")
	if err != nil {
		return ""
	}
	return nixexec.Realpath(path)
}

// readLock reads what `nix flake metadata --json` has printed; file is the flake.nix in the store. Only a commit never
// changes: Nix names none for a tree with changes, and none for a path.
func readLock(out []byte, nix string) (lock Lock, file string) {
	var told struct {
		Path     string
		Revision string
		Resolved struct{ Dir string }
		Locked   map[string]any
		Locks    map[string]any
	}
	if json.Unmarshal(out, &told) != nil || told.Revision == "" || told.Locked["rev"] != told.Revision || told.Locks == nil {
		return Lock{}, ""
	}
	// Maps are written in the order of their keys.
	text, err := json.Marshal([]any{nix, told.Locked, told.Resolved.Dir, told.Locks})
	if err != nil {
		return Lock{}, ""
	}
	sum := sha256.Sum256(text)
	if filepath.IsAbs(told.Path) {
		file = filepath.Join(told.Path, filepath.Clean("/"+told.Resolved.Dir), "flake.nix")
	}
	return Lock{Fingerprint: hex.EncodeToString(sum[:])}, file
}

package facts

import (
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// FindTree finds the git tree that a flake lies in, as Nix does: from a path upwards to flake.nix, and from there
// upwards to .git (parseFlakeRef in Nix's flakeref.cc). A reference of another kind than a path or git+file: lies in
// none.
func FindTree(flake, dir string, exists func(string) bool) Tree {
	path, query, _ := strings.Cut(flake, "?")
	values, _ := url.ParseQuery(query)
	tree := Tree{Committed: values.Has("ref") || values.Has("rev")}
	switch {
	case strings.HasPrefix(path, "git+file:"):
		path = strings.TrimPrefix(strings.TrimPrefix(path, "git+file:"), "//")
		if plain, err := url.PathUnescape(path); err == nil {
			path = plain
		}
	case strings.HasPrefix(path, "git+"):
		return Tree{Remote: true}
	case path == "" || path[0] != '.' && path[0] != '/':
		return Tree{}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	top := filepath.Join(filepath.Clean(path), values.Get("dir"))
	if found, ok := above(top, "flake.nix", exists); ok {
		top = found
	}
	root, ok := above(top, ".git", exists)
	if !ok {
		return Tree{}
	}
	tree.Root = root
	tree.Flake, _ = filepath.Rel(root, filepath.Join(top, "flake.nix"))
	return tree
}

// above returns the nearest directory from dir upwards that holds name, not going above the top of a git tree.
func above(dir, name string, exists func(string) bool) (string, bool) {
	for {
		if exists(filepath.Join(dir, name)) {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir || exists(filepath.Join(dir, ".git")) {
			return "", false
		}
		dir = parent
	}
}

// localGit are the variables that turn git to another tree than the one it is started in (git-rev-parse(1),
// --local-env-vars). They are there where nixhop is run by a hook of git.
var localGit = [...]string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_NAMESPACE", "GIT_PREFIX", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE",
}

// GitCommand asks git about the tree at root and no other. It writes nothing, not even the index that it would
// refresh, and starts none of the programs that a tree's config may name to watch files.
func GitCommand(root string, env func(string) string, words ...string) nixexec.Command {
	var argv []string
	for _, name := range localGit {
		if env(name) != "" {
			argv = append(argv, "-u", name)
		}
	}
	if argv != nil {
		argv = append([]string{"env"}, argv...)
	}
	argv = append(argv, "git", "--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", root)
	return nixexec.Command{
		Argv: append(argv, words...),
		Env:  []string{"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(root)},
	}
}

// notOwned reports whether git says that the tree is somebody else's, in the words of 2.35.2 and of 2.35.3 and later.
func notOwned(stderr string) bool {
	return strings.Contains(stderr, "detected dubious ownership in repository") || strings.Contains(stderr, "unsafe repository ('")
}

// ParseStatus reads `git status --porcelain=v2 -z` (git-status(1)): how many tracked files differ from the commit, and
// the untracked ones. The links that nix build leaves, result and result-*, do not count.
func ParseStatus(text string) (changed int, untracked []string) {
	entries := strings.Split(text, "\x00")
	for i := 0; i < len(entries); i++ {
		kind, rest, _ := strings.Cut(entries[i], " ")
		switch kind {
		case "2": // of a renamed file the old name follows
			i++
			changed++
		case "1", "u":
			changed++
		case "?":
			if name := filepath.Base(rest); name != "result" && !strings.HasPrefix(name, "result-") {
				untracked = append(untracked, rest)
			}
		}
	}
	return changed, untracked
}

// AgentSocket is the agent that ssh asks for a host with this IdentityAgent (ssh_config(5)): empty for none, and not
// known where ssh would fill tokens in.
func AgentSocket(identityAgent string, env func(string) string) (socket string, known bool) {
	name, isVariable := strings.CutPrefix(identityAgent, "$")
	switch {
	case identityAgent == "none":
		return "", true
	case identityAgent == "" || identityAgent == "SSH_AUTH_SOCK":
		return env("SSH_AUTH_SOCK"), true
	case isVariable:
		return env(strings.Trim(name, "{}")), true
	case strings.Contains(identityAgent, "%"):
		return "", false
	case strings.HasPrefix(identityAgent, "~/"):
		return filepath.Join(env("HOME"), identityAgent[2:]), true
	}
	return identityAgent, true
}

// ParseAgent reads the answer of `ssh-add -l`, a line for each key. Its status is 1 where the agent holds none, and 2
// where it does not answer (ssh-add(1)).
func ParseAgent(out string, err error) (answers Answer, held int) {
	var exit *nixexec.ExitError
	switch {
	case err == nil:
		return Yes, strings.Count(out, "\n")
	case errors.As(err, &exit) && exit.Code == 1:
		return Yes, 0
	case errors.As(err, &exit) && exit.Code == 2:
		return No, 0
	}
	return Unsaid, 0
}

// nixElsewhere is the directory of a nix that is not in the PATH.
func nixElsewhere(home string, exists func(string) bool) string {
	for _, dir := range []string{"/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin", filepath.Join(home, ".nix-profile/bin")} {
		if exists(filepath.Join(dir, "nix")) {
			return dir
		}
	}
	return ""
}

// parseNixConfig reads what `nix show-config` prints, a setting on each line. read returns the text of a file, or
// nothing.
func parseNixConfig(text string, read func(string) string) (n Nix, store string) {
	set := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, "=")
		set[strings.TrimSpace(key)] = nixexec.PlainText(strings.TrimSpace(value))
	}
	n.System = set["system"]
	n.ExtraPlatforms = strings.Fields(set["extra-platforms"])
	n.MaxJobs = set["max-jobs"]
	for _, file := range strings.Fields(set["secret-key-files"]) {
		name, _, found := strings.Cut(read(file), ":")
		if name = nixexec.PlainText(name); !found || name == "" {
			name = "?"
		}
		n.SignsBy = append(n.SignsBy, name)
	}
	if n.System != "" {
		n.BuilderSystems = machineSystems(set["builders"], n.System, read, 3)
	}
	n.BuilderSystems = append(n.BuilderSystems, externalSystems(set["external-builders"])...)
	return n, set["store"]
}

// machineSystems are the systems of remote builders. The setting has a machine on each line or between semicolons;
// "@FILE" stands for the lines of a file. A machine has its systems as the second word, and without them, or with "-",
// builds for the local one (nix.conf(5), builders).
func machineSystems(setting, system string, read func(string) string, depth int) []string {
	var systems []string
	for _, machine := range strings.FieldsFunc(setting, func(r rune) bool { return r == ';' || r == '\n' }) {
		machine, _, _ = strings.Cut(machine, "#")
		words := strings.Fields(machine)
		if len(words) == 0 {
			continue
		}
		if file, ok := strings.CutPrefix(words[0], "@"); ok {
			if depth > 0 {
				systems = append(systems, machineSystems(read(file), system, read, depth-1)...)
			}
			continue
		}
		if len(words) == 1 || words[1] == "-" {
			systems = append(systems, system)
			continue
		}
		for name := range strings.SplitSeq(words[1], ",") {
			systems = append(systems, nixexec.Printable(name))
		}
	}
	slices.Sort(systems)
	return slices.Compact(systems)
}

// externalSystems are the systems that programs on this machine build for, as a virtual machine on macOS does (the
// setting external-builders, a list in JSON).
func externalSystems(setting string) []string {
	var programs []struct {
		Systems []string `json:"systems"`
	}
	if setting == "" || json.Unmarshal([]byte(setting), &programs) != nil {
		return nil
	}
	var systems []string
	for _, p := range programs {
		systems = append(systems, p.Systems...)
	}
	return systems
}

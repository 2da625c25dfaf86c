package facts

import (
	"context"
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// Here is what is known about the machine that nixhop runs on. A part that could not be found out is empty.
type Here struct {
	OS       string // as Go calls it: "linux", "darwin"
	NixOS    bool
	User     string // who runs nixhop: a name, or a number where the user has none
	SudoUser string // who ran sudo, or ""
	AuthSock string // SSH_AUTH_SOCK
	Tree     Tree
	NoGit    bool   // git is not installed
	NoNix    bool   // nix is not in the PATH; Nix.Elsewhere may still say where it is
	Nix      Nix    // Version; and where it is built here also System, ExtraPlatforms, MaxJobs and BuilderSystems
	Store    string // the setting store, where it is built here: "auto", "daemon", or the store of another machine
	Keys     []Keys // of each endpoint, in their order
}

// Tree is the git tree that a flake lies in.
type Tree struct {
	Root      string   // its top; empty: the flake lies in none, or nobody looked
	Remote    bool     // the flake is fetched by git from elsewhere
	Committed bool     // the reference names a branch or a commit, so that the files here play no part
	Flake     string   // flake.nix, relative to Root
	Owner     string   // whose it is, where it is not the user's: a name, or a number
	Refused   string   // why git does not look at it
	Revision  string   // short hash of the commit; empty: there is none yet
	Changed   int      // tracked files that differ from that commit
	Untracked []string // files that git neither tracks nor ignores, relative to Root
}

// Keys is what ssh has at hand to log in to an endpoint.
type Keys struct {
	Alias      string
	Agent      Answer // an agent answers
	Held       int    // keys in it
	OnlyNamed  bool   // IdentitiesOnly: of the agent's keys only those that the config names are offered
	Identities []Identity
}

// Identity is a file with a private key. The field Locked is asked only where no agent holds a key.
type Identity struct {
	Path   string
	There  bool
	Locked Answer // it has a passphrase
}

// HereQuery says what to look at.
type HereQuery struct {
	Flake     string   // the reference as typed, without "#name"; empty: no flake
	Dir       string   // the working directory
	BuildHere bool     // this machine builds
	Settings  []string // of Nix, from the command line: see SettingWords
	Endpoints []sshcfg.Endpoint
	Env       func(string) string
}

// Bounds of the parts: an honest one needs a few hundredths of a second.
const (
	gitTime   = 5 * time.Second
	nixTime   = 5 * time.Second
	agentTime = 2 * time.Second
	// A large system consists of ten thousand paths.
	closureTime = 30 * time.Second
)

// mostIdentities is how many identity files of a host are looked at.
const mostIdentities = 8

// LookHere looks at this machine. It changes nothing, takes a few seconds at most, and never fails: what cannot be
// found out stays empty.
func LookHere(ctx context.Context, q HereQuery) Here {
	h := Here{
		OS: runtime.GOOS, NixOS: nixexec.Exists("/etc/NIXOS"),
		User: userName(os.Geteuid()), SudoUser: q.Env("SUDO_USER"), AuthSock: q.Env("SSH_AUTH_SOCK"),
	}
	_, err := nixexec.LookPath("git")
	h.NoGit = err != nil
	_, err = nixexec.LookPath("nix")
	h.NoNix = err != nil
	h.Tree = FindTree(q.Flake, q.Dir, nixexec.Exists)
	h.Keys = make([]Keys, len(q.Endpoints))
	var wait sync.WaitGroup
	wait.Go(func() { lookAtTree(ctx, &h.Tree, q.Env, !h.NoGit) })
	wait.Go(func() { h.Nix, h.Store = lookAtNix(ctx, q, !h.NoNix) })
	for i, e := range q.Endpoints {
		wait.Go(func() { h.Keys[i] = lookAtKeys(ctx, e, q.Env) })
	}
	wait.Wait()
	return h
}

// lookAtTree asks git about the tree.
func lookAtTree(ctx context.Context, tree *Tree, env func(string) string, git bool) {
	if tree.Root == "" || !git {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	var revision string
	var wait sync.WaitGroup
	wait.Go(func() {
		out, _ := nixexec.Output(ctx, GitCommand(tree.Root, env, "rev-parse", "--short", "HEAD"))
		revision = nixexec.PlainText(strings.TrimSpace(string(out)))
	})
	out, err := nixexec.Output(ctx, GitCommand(tree.Root, env,
		"status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignore-submodules=dirty"))
	wait.Wait()
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && notOwned(exit.Stderr) {
		tree.Refused, tree.Owner = nixexec.PlainText(nixexec.FirstLine(exit.Stderr)), foreignOwner(tree.Root, filepath.Join(tree.Root, ".git"))
	}
	if err != nil {
		return
	}
	tree.Revision = revision
	tree.Changed, tree.Untracked = ParseStatus(string(out))
}

// foreignOwner is whose the first of the paths is that is not the user's.
func foreignOwner(paths ...string) string {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
			return userName(int(stat.Uid))
		}
	}
	return ""
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return nixexec.Printable(u.Username)
	}
	return strconv.Itoa(uid)
}

// lookAtNix asks Nix for its version and, where it builds here, for what it can build.
func lookAtNix(ctx context.Context, q HereQuery, installed bool) (n Nix, store string) {
	if !installed {
		return Nix{Elsewhere: nixElsewhere(q.Env("HOME"), nixexec.Exists)}, ""
	}
	ctx, cancel := context.WithTimeout(ctx, nixTime)
	defer cancel()
	var version string
	var wait sync.WaitGroup
	wait.Go(func() {
		out, _ := nixexec.Output(ctx, nixexec.Command{Argv: []string{"nix", "--version"}})
		version = lastWord.FindString(nixexec.PlainText(nixexec.FirstLine(string(out))))
	})
	if q.BuildHere {
		n, store = parseNixConfig(nixConfig(ctx, q.Settings), readText)
		n.Emulators = Emulators("/proc/sys/fs/binfmt_misc")
	}
	wait.Wait()
	n.Version = version
	return n, store
}

// TrustedHere reports whether Nix here takes unsigned paths from this user. A store that is no daemon's is the user's
// own.
func TrustedHere(ctx context.Context) Answer {
	if os.Geteuid() == 0 {
		return Yes
	}
	ctx, cancel := context.WithTimeout(ctx, nixTime)
	defer cancel()
	for _, words := range [][]string{{"store", "info"}, {"store", "ping"}} {
		// The older one tells on standard error, the newer one on standard output.
		said, err := nixexec.Output(ctx, nixexec.Command{Argv: append([]string{"/bin/sh", "-c", `exec "$@" 2>&1`, "sh"}, nixexec.NixCommand(words...)...)})
		if err == nil {
			return trustedSays(string(said))
		}
	}
	return Unsaid
}

// trustedSays reads what `nix store info` tells of a store.
func trustedSays(text string) Answer {
	for line := range strings.Lines(text) {
		switch strings.TrimSpace(line) {
		case "Trusted: 1", "Store URL: local":
			return Yes
		case "Trusted: 0":
			return No
		}
	}
	return Unsaid
}

// BuilderSystems are the systems that remote builders of this machine are for, under settings of Nix from the command
// line.
func BuilderSystems(settings []string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), nixTime)
	defer cancel()
	n, _ := parseNixConfig(nixConfig(ctx, settings), readText)
	return n.BuilderSystems
}

// NixConfig is Nix's own answer to what is set; `nix config show` has the name since 2.20, and the older name goes
// away.
func nixConfig(ctx context.Context, settings []string) string {
	for _, words := range [][]string{{"show-config"}, {"config", "show"}} {
		argv := append(nixexec.NixCommand(words...), settings...)
		if out, err := nixexec.Output(ctx, nixexec.Command{Argv: argv}); err == nil {
			return string(out)
		}
	}
	return ""
}

// Emulators are the names in the kernel's binfmt_misc.
func Emulators(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); name != "register" && name != "status" {
			names = append(names, nixexec.Printable(name))
		}
	}
	return names
}

func readText(path string) string { return string(nixexec.ReadText(path)) }

// lookAtKeys asks the agent that ssh would ask, and looks at the identity files where it holds no key.
func lookAtKeys(ctx context.Context, e sshcfg.Endpoint, env func(string) string) Keys {
	ctx, cancel := context.WithTimeout(ctx, agentTime)
	defer cancel()
	k := Keys{Alias: e.Alias, OnlyNamed: e.IdentitiesOnly}
	socket, known := AgentSocket(e.IdentityAgent, env)
	switch {
	case known && socket == "":
		k.Agent = No
	case known:
		out, err := nixexec.Output(ctx, nixexec.Command{Argv: []string{"ssh-add", "-l"}, Env: []string{"SSH_AUTH_SOCK=" + socket, "LC_ALL=C"}})
		k.Agent, k.Held = ParseAgent(string(out), err)
	}
	k.Identities = make([]Identity, min(len(e.IdentityFiles), mostIdentities))
	var wait sync.WaitGroup
	for i := range k.Identities {
		path := e.IdentityFiles[i]
		k.Identities[i] = Identity{Path: path, There: nixexec.Exists(path)}
		if k.Identities[i].There && k.Agent != Unsaid && k.Held == 0 {
			wait.Go(func() { k.Identities[i].Locked = locked(ctx, path) })
		}
	}
	wait.Wait()
	return k
}

// locked reports whether a private key has a passphrase: it has one where the empty passphrase does not open it.
func locked(ctx context.Context, path string) Answer {
	_, err := nixexec.Output(ctx, nixexec.Command{Argv: []string{"ssh-keygen", "-y", "-P", "", "-f", path}, Env: []string{"LC_ALL=C"}})
	var exit *nixexec.ExitError
	switch {
	case err == nil:
		return No
	case errors.As(err, &exit) && strings.Contains(exit.Stderr, "passphrase"):
		return Yes
	default:
		return Unsaid
	}
}

// For is what is known of this machine as far as it has to do with some of the endpoints.
func (h Here) For(endpoints []sshcfg.Endpoint) Here {
	var keys []Keys
	for _, k := range h.Keys {
		if slices.ContainsFunc(endpoints, func(e sshcfg.Endpoint) bool { return e.Alias == k.Alias }) {
			keys = append(keys, k)
		}
	}
	h.Keys = keys
	return h
}

// Me is who runs nixhop and where, for others who come upon it on a host: "me on laptop".
func Me() string {
	host, _ := os.Hostname()
	return nixexec.Printable(userName(os.Geteuid()) + " on " + host)
}

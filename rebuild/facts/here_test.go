package facts

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// gitTree makes a git tree with a flake that is committed, and returns its directory and a git for it.
func gitTree(t *testing.T) (dir string, git func(words ...string)) {
	t.Helper()
	dir = nixexec.Realpath(t.TempDir())
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("XDG_CONFIG_HOME", "")
	dir = filepath.Join(dir, "conf")
	write(t, filepath.Join(dir, "flake.nix"), "{ }\n")
	git = func(words ...string) {
		t.Helper()
		run(t, nil, append([]string{"git", "-C", dir, "-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "init.defaultBranch=main"}, words...)...)
	}
	git("init", "--quiet")
	git("add", ".")
	git("commit", "--quiet", "--message", "first")
	return dir, git
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, env []string, words ...string) string {
	t.Helper()
	out, err := nixexec.Output(context.Background(), nixexec.Command{Argv: words, Env: env})
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	return strings.TrimSpace(string(out))
}

func TestHereGit(t *testing.T) {
	dir, git := gitTree(t)
	look := func() Tree {
		t.Helper()
		return LookHere(context.Background(), HereQuery{Flake: ".", Dir: filepath.Join(dir, "hosts"), Env: os.Getenv}).Tree
	}
	if tree := look(); tree.Root != dir || tree.Flake != "flake.nix" || tree.Revision == "" || tree.Changed != 0 || tree.Untracked != nil {
		t.Errorf("clean: %+v", tree)
	}
	write(t, filepath.Join(dir, "hosts/web.nix"), "{ }\n")
	write(t, filepath.Join(dir, ".gitignore"), "secret\n")
	write(t, filepath.Join(dir, "secret"), "x")
	write(t, filepath.Join(dir, "flake.nix"), "{ outputs = _: { }; }\n")
	git("add", ".gitignore")
	tree := look()
	if tree.Changed != 2 || !slices.Equal(tree.Untracked, []string{"hosts/web.nix"}) {
		t.Errorf("dirty: %+v", tree)
	}
	if want := run(t, nil, "git", "-C", dir, "rev-parse", "--short", "HEAD"); tree.Revision != want {
		t.Errorf("revision %q, want %q", tree.Revision, want)
	}
	git("add", "-N", "hosts/web.nix")
	if tree := look(); tree.Untracked != nil {
		t.Errorf("after git add -N: %+v", tree)
	}
	git("rm", "--quiet", "--cached", "flake.nix")
	if tree := look(); !slices.Equal(tree.Untracked, []string{tree.Flake}) {
		t.Errorf("without flake.nix: %+v", tree)
	}
}

func TestHereGitWithoutCommit(t *testing.T) {
	dir, git := gitTree(t)
	git("update-ref", "-d", "HEAD")
	tree := LookHere(context.Background(), HereQuery{Flake: dir, Env: os.Getenv}).Tree
	if tree.Revision != "" || tree.Changed != 1 {
		t.Errorf("got %+v", tree)
	}
}

// A hook of git has the variables of its own tree set.
func TestHereGitInHook(t *testing.T) {
	dir, _ := gitTree(t)
	t.Setenv("GIT_DIR", filepath.Join(dir, "nowhere"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(dir, "none"))
	tree := LookHere(context.Background(), HereQuery{Flake: dir, Env: os.Getenv}).Tree
	if tree.Revision == "" || tree.Changed != 0 {
		t.Errorf("got %+v", tree)
	}
}

// Looking runs no program that the tree names, and leaves the index as it is.
func TestHereGitRunsNothing(t *testing.T) {
	dir, git := gitTree(t)
	ran := filepath.Join(dir, ".git/ran")
	spy := filepath.Join(dir, ".git/hooks/spy")
	write(t, spy, "#!/bin/sh\n: >"+ran+"\n")
	for _, path := range []string{spy, filepath.Join(dir, ".git/hooks/post-index-change")} {
		write(t, path, "#!/bin/sh\n: >"+ran+"\n")
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	git("config", "core.fsmonitor", spy)
	before, err := os.ReadFile(filepath.Join(dir, ".git/index"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "flake.nix"), "{ }\n") // the same text: git would write down the new time
	LookHere(context.Background(), HereQuery{Flake: dir, Env: os.Getenv})
	if nixexec.Exists(ran) {
		t.Error("a program of the tree ran")
	}
	if after, err := os.ReadFile(filepath.Join(dir, ".git/index")); err != nil || string(after) != string(before) {
		t.Errorf("the index has changed (%v)", err)
	}
}

// NixOS/nix#10202
func TestHereGitOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a tree away")
	}
	dir, _ := gitTree(t)
	t.Setenv("SUDO_UID", "")
	if err := os.Chown(dir, 54321, -1); err != nil {
		t.Fatal(err)
	}
	h := LookHere(context.Background(), HereQuery{Flake: ".", Dir: dir, Env: os.Getenv})
	if h.Tree.Owner != "54321" || h.Tree.Refused == "" {
		t.Fatalf("got %+v", h.Tree)
	}
	write(t, filepath.Join(os.Getenv("HOME"), ".gitconfig"), "")
	run(t, nil, "git", "config", "--global", "--add", "safe.directory", dir)
	h = LookHere(context.Background(), HereQuery{Flake: ".", Dir: dir, Env: os.Getenv})
	if h.Tree.Refused != "" || h.Tree.Revision == "" {
		t.Errorf("of a tree that is trusted: %+v", h.Tree)
	}
}

// sshKey makes a key with a passphrase, which may be empty.
func sshKey(t *testing.T, dir, name, passphrase string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	run(t, nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", path)
	return path
}

// sshAgent starts an agent that ends with the test, and returns its socket.
func sshAgent(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	out, err := agent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		agent.Process.Kill()
		agent.Wait()
	})
	// It says where it listens when it does.
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return socket
}

func TestAgentHere(t *testing.T) {
	dir := t.TempDir()
	open, closed := sshKey(t, dir, "open", ""), sshKey(t, dir, "closed", "a passphrase")
	socket := sshAgent(t)
	look := func(agent string, files ...string) Keys {
		t.Helper()
		e := sshcfg.Endpoint{Alias: "web", IdentityAgent: agent, IdentityFiles: files}
		return LookHere(context.Background(), HereQuery{Env: func(string) string { return "" }, Endpoints: []sshcfg.Endpoint{e}}).Keys[0]
	}
	for _, tt := range []struct {
		name, agent string
		answer      Answer
	}{
		{"none", "none", No}, {"no variable", "", No}, {"no socket", filepath.Join(dir, "nowhere"), No}, {"empty", socket, Yes},
	} {
		k := look(tt.agent, closed, open, filepath.Join(dir, "absent"))
		want := []Identity{
			{Path: closed, There: true, Locked: Yes}, {Path: open, There: true, Locked: No}, {Path: filepath.Join(dir, "absent")},
		}
		if k.Agent != tt.answer || k.Held != 0 || !slices.Equal(k.Identities, want) {
			t.Errorf("%s: %+v", tt.name, k)
		}
	}
	env := []string{"SSH_AUTH_SOCK=" + socket}
	run(t, env, "ssh-add", "-q", open)
	if k := look(socket, closed); k.Agent != Yes || k.Held != 1 || k.Identities[0].Locked != Unsaid {
		t.Errorf("one key: %+v", k)
	}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		run(t, env, "ssh-add", "-q", sshKey(t, dir, name, ""))
	}
	if k := look(socket, closed); k.Held != 6 || k.OnlyNamed {
		t.Errorf("six keys: %+v", k)
	}
}

// The Nix of this machine, whichever it is.
func TestHereNix(t *testing.T) {
	needsNix(t)
	q := HereQuery{BuildHere: true, Env: os.Getenv}
	h := LookHere(context.Background(), q)
	if major, _ := Version(h.Nix.Version); major != 2 || h.Nix.System == "" || h.Nix.MaxJobs == "" || h.Store == "" {
		t.Errorf("got %+v, store %q", h.Nix, h.Store)
	}
	if !slices.Contains(h.Nix.Platforms(), h.Nix.System) || slices.Contains(h.Nix.Platforms(), "m68k-linux") {
		t.Errorf("it builds for %q", h.Nix.Platforms())
	}
	q.Settings = []string{"--max-jobs", "0", "--builders", "ssh://x riscv64-linux", "--option", "extra-platforms", "armv7l-linux"}
	h = LookHere(context.Background(), q)
	if h.Nix.MaxJobs != "0" || !slices.Equal(h.Nix.BuilderSystems, []string{"riscv64-linux"}) || !slices.Equal(h.Nix.ExtraPlatforms, []string{"armv7l-linux"}) {
		t.Errorf("with settings: %+v", h.Nix)
	}
	q.BuildHere = false
	if h := LookHere(context.Background(), q); h.Nix.System != "" || h.Nix.Version == "" {
		t.Errorf("built elsewhere: %+v", h.Nix)
	}
}

// Of a machine with nothing on it is known that nothing is there, and nobody waits for it.
func TestHereNothingInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	h := LookHere(context.Background(), HereQuery{
		Flake: ".", Dir: t.TempDir(), BuildHere: true, Env: func(string) string { return "" },
		Endpoints: []sshcfg.Endpoint{{Alias: "web", IdentityAgent: "/nowhere"}},
	})
	if !h.NoNix || !h.NoGit || h.Keys[0].Agent != Unsaid {
		t.Errorf("got %+v", h)
	}
}

// Programs that never end are ended, and what else was found out is kept.
func TestHereEndsWithItsContext(t *testing.T) {
	bin := t.TempDir()
	for _, program := range []string{"git", "nix", "ssh-add", "ssh-keygen"} {
		path := filepath.Join(bin, program)
		write(t, path, "#!/bin/sh\nexec sleep 1000\n")
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".git/HEAD"), "")
	h := LookHere(ctx, HereQuery{
		Flake: dir, BuildHere: true, Env: func(string) string { return "" },
		Endpoints: []sshcfg.Endpoint{{Alias: "web", IdentityAgent: "/nowhere"}},
	})
	if h.Tree.Root != dir || h.Nix.Version != "" || h.Keys[0].Agent != Unsaid {
		t.Errorf("got %+v", h)
	}
}

// needsNix leaves a test out on a machine without Nix, where the others are still worth running; CI has Nix.
func needsNix(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("nix-instantiate"); err != nil {
		t.Skip("Nix is not installed")
	}
}

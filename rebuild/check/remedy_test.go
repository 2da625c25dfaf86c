package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nixhop/rebuild/facts"
)

// gitTree makes a git tree without a commit and returns its directory.
func gitTree(t *testing.T, files ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", dir)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("XDG_CONFIG_HOME", "")
	dir = filepath.Join(dir, "my conf")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pasted(t, "git init --quiet '"+dir+"'")
	return dir
}

// pasted has a shell run a line.
func pasted(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// A remedy about git helps when it is pasted.
func TestGitRemedies(t *testing.T) {
	dir := gitTree(t, "flake.nix", "my web.nix")
	look := func() facts.Here {
		return facts.LookHere(t.Context(), facts.HereQuery{Flake: ".", Dir: dir, Env: os.Getenv})
	}
	found := gitUntracked(look().Tree)
	if len(found) != 1 {
		t.Fatalf("got %+v", found)
	}
	pasted(t, tell(found[0], "web").Remedy[0])
	if found := gitUntracked(look().Tree); found != nil {
		t.Errorf("after the remedy: %+v", found)
	}
	if os.Geteuid() != 0 {
		return // only root can give a tree away
	}
	t.Setenv("SUDO_UID", "")
	if err := os.Chown(dir, 54321, -1); err != nil {
		t.Fatal(err)
	}
	if found = gitOwner(look()); len(found) != 1 || found[0].Name != "git-owner" { // NixOS/nix#10202
		t.Fatalf("got %+v", found)
	}
	remedy := tell(found[0], "web").Remedy
	pasted(t, remedy[len(remedy)-1])
	if found := gitOwner(look()); found != nil {
		t.Errorf("after the remedy: %+v", found)
	}
}

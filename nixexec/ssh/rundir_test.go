package ssh

import (
	"errors"
	"nixhop/nixexec"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// What kill -9 leaves, the directory of the sockets with a root for the garbage collector in it, stayed for ever (issue
// 9, number 40). A later run removes it, and touches nothing that lives or is not nixhop's.
func TestSweepRunDirs(t *testing.T) {
	parent := t.TempDir()
	made := func(name string) (string, *os.File) {
		t.Helper()
		dir := filepath.Join(parent, name)
		lock, err := MakeRunDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { lock.Close() })
		if err := errors.Join(os.Mkdir(filepath.Join(dir, "0"), 0o700), os.Symlink("/nix/store/x", filepath.Join(dir, "system"))); err != nil {
			t.Fatal(err)
		}
		return dir, lock
	}
	alive, _ := made("nixhop-0-alive222")
	parentDead, held := made("nixhop-orphaned")
	if err := nixexec.Run(bounded(t), nixexec.Command{Argv: []string{"sh", "-c", ": >&3"}}, nixexec.Stdio{Held: held}); err != nil {
		t.Errorf("a child does not hold it: %v", err)
	}
	child := exec.Command("sleep", "60")
	child.ExtraFiles = []*os.File{held}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	held.Close() // as the end of this process would

	dead, lock := made("nixhop-0-dead2222")
	lock.Close()
	unlocked, foreign, open, link := filepath.Join(parent, "nixhop-0-planned2"), filepath.Join(parent, "other-abcdefgh"),
		filepath.Join(parent, "nixhop-open2222"), filepath.Join(parent, "nixhop-link2222")
	for _, dir := range []string{unlocked, foreign, open} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{foreign, open} {
		if err := os.WriteFile(filepath.Join(dir, RunLock), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chmod(open, 0o755), os.Symlink(foreign, link)); err != nil {
		t.Fatal(err)
	}

	SweepRunDirs(parent)
	for dir, there := range map[string]bool{
		alive: true, parentDead: true, dead: false, unlocked: true, foreign: true, filepath.Join(foreign, RunLock): true, open: true, link: true,
	} {
		if nixexec.Exists(dir) != there {
			t.Errorf("%q is there: %v", dir, !there)
		}
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	if next, _ := made("nixhop-next2222"); nixexec.Exists(parentDead) || !nixexec.Exists(next) || !nixexec.Exists(alive) {
		t.Error("what the child had used stays when that has ended, or what lives does not")
	}
}

// Runs that begin at a time do not take each other for dead.
func TestRunDirsAtOnce(t *testing.T) {
	parent := t.TempDir()
	failed := make(chan error)
	const runs = 50
	for i := range runs {
		go func() {
			dir := filepath.Join(parent, "nixhop-aaaaaa"+string(rune('a'+i/26))+string(rune('a'+i%26)))
			lock, err := MakeRunDir(dir)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "config"), nil, 0o600)
				SweepRunDirs(parent)
			}
			if err == nil && !nixexec.Exists(filepath.Join(dir, "config")) {
				err = errors.New("it was removed: " + dir)
			}
			failed <- err
			lock.Close()
		}()
	}
	for range runs {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// A plan that was pasted keeps a pipe open as long as its shell lives; one that nobody has open is swept, and no other.
func TestSweepPlans(t *testing.T) {
	parent := t.TempDir()
	made := func(name, pipe string) string {
		t.Helper()
		dir := filepath.Join(parent, name)
		if err := errors.Join(os.Mkdir(dir, 0o700), syscall.Mkfifo(filepath.Join(dir, pipe), 0o600)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dead, starting, alive := made("nixhop-0-dead2222", PlanAlive), made("nixhop-0-starting", PlanAlive+".new"), made("nixhop-0-alive222", PlanAlive)
	open, err := os.OpenFile(filepath.Join(alive, PlanAlive), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	file := filepath.Join(parent, "nixhop-0-file2222")
	if err := errors.Join(os.Mkdir(file, 0o700), os.WriteFile(filepath.Join(file, PlanAlive), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	SweepRunDirs(parent)
	for dir, there := range map[string]bool{dead: false, starting: true, alive: true, file: true} {
		if nixexec.Exists(dir) != there {
			t.Errorf("%q is there: %v", dir, !there)
		}
	}
}

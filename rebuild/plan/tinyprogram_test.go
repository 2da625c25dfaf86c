package plan

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// The program of this machine's own processor does what it is made for: it is run, and the directory is there.
func TestTinyProgramRuns(t *testing.T) {
	own := map[string]string{"amd64": "x86_64-linux", "arm64": "aarch64-linux", "riscv64": "riscv64-linux"}[runtime.GOARCH]
	if own == "" || runtime.GOOS != "linux" {
		t.Skip("no program is known for this machine")
	}
	dir := t.TempDir()
	program, out := filepath.Join(dir, "program"), filepath.Join(dir, "out")
	if err := os.WriteFile(program, TinyProgram(own), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(program, out).Run(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(out); err != nil || !info.IsDir() {
		t.Errorf("no directory: %v", err)
	}
	if err := exec.Command(program, out).Run(); err == nil {
		t.Error("a directory that is there already is made again")
	}
}

// What stands where a kernel, or binfmt_misc, looks: the magic number, the class and the machine.
func TestTinyProgramHeader(t *testing.T) {
	for system, want := range map[string]struct {
		class, machine byte
		length         int
	}{
		"x86_64-linux":  {2, 62, 146},
		"aarch64-linux": {2, 183, 148},
		"riscv64-linux": {2, 243, 148},
		"i686-linux":    {1, 3, 109},
		"armv7l-linux":  {1, 40, 108},
		"armv6l-linux":  {1, 40, 108},
	} {
		p := TinyProgram(system)
		if len(p) != want.length || string(p[:4]) != "\x7fELF" || p[4] != want.class || p[16] != 2 || p[18] != want.machine {
			t.Errorf("%s: %d bytes, % x", system, len(p), p[:20])
		}
	}
	for _, system := range []string{"s390x-linux", "x86_64-darwin", ""} {
		if TinyProgram(system) != nil {
			t.Errorf("%q: a program", system)
		}
	}
}

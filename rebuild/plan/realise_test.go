package plan

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A build on a host leaves nothing there but the system, and removes what an earlier one has left that was killed: a
// root for the garbage collector stayed for ever.
func TestRealisationSweeps(t *testing.T) {
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	onStages(t, func(t *testing.T, s *stage) {
		const realise = "#!/bin/sh\nln -s \"$SYSTEM\" \"$4\"\nls \"$TMPDIR\" >\"$CALLS/there\"\n"
		if err := errors.Join(os.Remove(filepath.Join(s.bin, "readlink")), os.WriteFile(filepath.Join(s.bin, "nix-store"), []byte(realise), 0o755)); err != nil {
			t.Fatal(err)
		}
		tmp := t.TempDir()
		for name, process := range map[string]string{
			"nixhop-dead.abcdef": fmt.Sprint(ended.Process.Pid, " ", machine), "nixhop-alive.abcdef": fmt.Sprint(os.Getpid(), " ", machine),
			"nixhop-afar.abcdef": fmt.Sprint(ended.Process.Pid, " another"), "nixhop-starting.abcdef": "", "other.abcdef": "1 " + machine,
		} {
			dir := filepath.Join(tmp, name)
			if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "process"), []byte(process+"\n"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		cmd := s.command(t, "-s", "--", storedDerivation)
		cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
		cmd.Stdin = strings.NewReader(realisation("nixhop-run", nil))
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != storedSystem+"\n" {
			t.Errorf("%v: %s", err, out)
		}
		meanwhile, _ := os.ReadFile(filepath.Join(s.calls, "there"))
		if !strings.Contains(string(meanwhile), "nixhop-run.") {
			t.Errorf("its own directory is not named after the run: %s", meanwhile)
		}
		left, _ := filepath.Glob(filepath.Join(tmp, "*"))
		for i := range left {
			left[i] = filepath.Base(left[i])
		}
		if want := []string{"nixhop-afar.abcdef", "nixhop-alive.abcdef", "nixhop-starting.abcdef", "other.abcdef"}; !slices.Equal(left, want) {
			t.Errorf("there is %q, want %q", left, want)
		}
	})
}

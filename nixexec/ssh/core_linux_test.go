package ssh

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A core dump of ssh's master held the password, which it had passed on: the master starts before a password is asked
// for, and so core dumps are off before that (issue 9, number 49).
func TestMasterDumpsNoCore(t *testing.T) {
	if os.Getenv("NIXHOP_TEST_CORES") == "" {
		// In a process of its own: what is lowered here cannot be raised for the others.
		cmd := exec.Command("sh", "-c", `ulimit -S -c "$(ulimit -H -c)"; exec "$@"`, "sh", os.Args[0], "-test.run=^TestMasterDumpsNoCore$", "-test.v")
		cmd.Env = append(os.Environ(), "NIXHOP_TEST_CORES=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		if strings.Contains(string(out), "SKIP") {
			t.Skipf("%s", out)
		}
		return
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &before); err != nil || before.Cur == 0 {
		t.Skipf("SKIP: this machine writes no core dumps: %+v, %v", before, err)
	}
	s := startServer(t)
	m := s.open(s.options("web"))
	m.asked.Wait()
	limits, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(m.pid), "limits"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		if name, rest, _ := strings.Cut(line, "  "); name == "Max core file size" && strings.Fields(rest)[0] != "0" {
			t.Errorf("the master may dump core: %s", line)
		}
	}
}

package rebuild

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
)

// TestProbeError: the words say what came instead of an answer, and what ended it; the nonce is nobody's business.
func TestProbeError(t *testing.T) {
	late := errors.New("no whole answer within 5s")
	wrong := errors.New(`the host did not answer the probe: it printed "x"`)
	for _, test := range []struct {
		err, wrong error
		want       string
	}{
		{fmt.Errorf("stopping %q: %w: %w", "ssh", late, &nixexec.ExitError{Program: "ssh", Code: 255}), wrong, wrong.Error() + " (" + late.Error() + ")"},
		{fmt.Errorf("waiting for %q from %q: %w", "nixhop-end-N1", "ssh", nixexec.ErrOutputLimit), wrong, wrong.Error() + " (more output than expected)"},
		{fmt.Errorf("%q ended before it printed %q: %w", "ssh", "nixhop-end-N1", io.ErrUnexpectedEOF), wrong, wrong.Error()},
		{&nixexec.ExitError{Program: "ssh", Code: 127, Stderr: "one\n\x1b[31msh: not found\n"}, wrong,
			wrong.Error() + ` ("ssh" exited with status 127: "\x1b[31msh: not found")`},
		{&nixexec.ExitError{Program: "ssh", Code: 1}, wrong, wrong.Error() + ` ("ssh" exited with status 1)`},
		{late, nil, late.Error()},
	} {
		if got := probeError(test.err, late, test.wrong); got.Error() != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	long := &nixexec.ExitError{Program: "ssh", Code: 1, Stderr: strings.Repeat("x", 16<<10)}
	if got := probeError(long, late, wrong).Error(); len(got) > 400 {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

// TestParseOutcomeBounded: what a host reports is cut where it is longer than anything honest.
func TestParseOutcomeBounded(t *testing.T) {
	got := plan.ParseOutcome("current=" + strings.Repeat("x", 1<<20) + "\nstatus=" + strings.Repeat("9", 1<<20) + "\n\x1b]0;owned\x07status=0\nprofile=/b\u202e\x1b[2J\n")
	if len(got.Current) != plan.ReportedBytes || got.Profile != "/b[2J" || got.Status != -1 {
		t.Errorf("%.300q, %q, %d", got.Current, got.Profile, got.Status)
	}
}

// TestConcludePrintsPaths: whatever a build host prints in place of a path, only a store path gets to standard output.
func TestConcludePrintsPaths(t *testing.T) {
	path := "/nix/store/" + strings.Repeat("0", 32) + "-system"
	for printed, want := range map[string]string{path: path + "\n", "\x1b[2J": "", "/etc/passwd": "", path + "\x1b[2J": "", "": ""} {
		out, err := os.Create(filepath.Join(t.TempDir(), "out"))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		s := &Session{Stdio: nixexec.Stdio{Out: out}}
		if err := s.conclude(&deployment{}, map[string]string{"toplevel": printed}, nil); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(out.Name()); err != nil || string(got) != want {
			t.Errorf("%q: printed %q, %v", printed, got, err)
		}
	}
}

package rebuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
)

func TestPrintCheck(t *testing.T) {
	rows := []CheckRow{
		{Host: "aquamarine", Address: "root@192.168.100.101:2222", Configuration: "aquamarine", System: "Linux x86_64", NixOS: "25.11.20260101.0123456", Result: "ok"},
		{Host: "down", Result: "error", Findings: []CheckFinding{
			{Name: "host-unreachable", Severity: "error", What: "it is off", Why: "the plug", Remedy: []string{"ssh -v down", "ssh down"}},
			{Name: "clock", Severity: "warning", What: "who knows the time"},
		}},
		{Host: "mac", Address: "me@mac", System: "Darwin arm64", NixOS: "unknown", Result: "warning", Findings: []CheckFinding{
			{Name: "host-unreachable", Severity: "error", Host: "builder", What: "it is off"},
			{Name: "git-dirty", Severity: "note", Host: "here", What: "the tree", Remedy: []string{"git commit"}},
		}},
		{Host: "web", Result: "note", Findings: []CheckFinding{
			{Name: "git-dirty", Severity: "note", Host: "here", What: "the tree", Remedy: []string{"git commit"}},
		}},
	}
	want := `down: error: it is off [host-unreachable]
  the plug
    ssh -v down
    ssh down

down: warning: who knows the time [clock]

mac: error: builder: it is off [host-unreachable]

here: note: the tree [git-dirty]
    git commit

HOST        ADDRESS                    CONFIGURATION  RUNS          RESULT
aquamarine  root@192.168.100.101:2222  aquamarine     NixOS 25.11   ok
down        -                          -              -             error
mac         me@mac                     -              Darwin arm64  warning
web         -                          -              -             note
`
	path := filepath.Join(t.TempDir(), "out")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	(&Session{Stdio: nixexec.Stdio{Out: out}}).printCheck(rows)
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for line := range strings.Lines(string(got)) {
		if len(line) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
}

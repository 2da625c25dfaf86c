package report

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// hostileName is what a flake may call a configuration, and a host itself (issue 9, number 32).
const hostileName = "a\x1b[2J\x07\u202eb\u009b\nnixhop: a1: ok"

// Whatever a host, a flake or an ssh config calls things, it does nothing to a terminal and begins no line there.
func TestTerminalBorder(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	plain := &Plain{Out: out, Err: out, Log: slog.New(slog.NewTextHandler(out, nil))}
	finding := Finding{Name: "n", Host: hostileName, What: hostileName, Why: hostileName, Remedy: []Remedy{Shell("x", hostileName), Again()}}
	call := Call{Word: "web=" + hostileName, Host: "web"}
	rows := []HostRow{{Alias: "a", Address: hostileName, Via: hostileName, Configuration: hostileName, Tags: []string{hostileName}, File: hostileName}}
	checks := []CheckRow{NewCheckRow(hostileName, "a", []Finding{finding}, call)}
	hostLines, err := JSONLines(rows)
	if err != nil {
		t.Fatal(err)
	}
	checkLines, err := JSONLines(checks)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Event{
		{Kind: Said, Text: "x: " + hostileName},
		{Kind: Found, Finding: &finding, Remedy: call.Lines(finding.Remedy)},
		{Kind: Printed, Text: HostTable(rows)},
		{Kind: Printed, Text: CheckTable(checks, 80)},
		{Kind: Printed, Text: hostLines},
		{Kind: Printed, Text: checkLines},
	} {
		if err := plain.Render(e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if at := strings.IndexFunc(string(text), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); at >= 0 {
		t.Errorf("%q", string(text)[max(0, at-60):at+10])
	}
	if strings.Contains(string(text), "\nnixhop: a1: ok") {
		t.Errorf("a name began a line:\n%s", text)
	}
	var back HostRow
	if err := json.Unmarshal([]byte(hostLines), &back); err != nil || back.Configuration != hostileName {
		t.Errorf("%q, %v", back.Configuration, err)
	}
}

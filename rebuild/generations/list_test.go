package generations

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// profileOf makes a profile with some generations, of which the second is current.
func profileOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string, mode os.FileMode) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("a/nixos-version", "24.11.1", 0o644)
	write("b/nixos-version", "25.05.2\n", 0o644)
	write("b/kernel-modules/lib/modules/6.12.1/modules.dep", "", 0o644)
	write("b/specialisation/calm/init", "", 0o644)
	write("b/specialisation/loud/init", "", 0o644)
	write("b/sw/bin/nixos-version", "#!/bin/sh\necho abc-dirty\n", 0o755)
	for link, target := range map[string]string{
		"system": "system-9-link", "system-9-link": "a", "system-10-link": "b", "system-x-link": "b", "system-11-link": "gone",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "system")
}

// The script tells what a profile has, in the order of its numbers, and what is not there is unknown.
func TestScript(t *testing.T) {
	run := exec.Command("/bin/sh", "-s")
	run.Env = append(os.Environ(), "TZ=UTC")
	run.Stdin = strings.NewReader(strings.Replace(Script(""), "profile=/nix/var/nix/profiles/system\n", "profile="+profileOf(t)+"\n", 1))
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	all, err := Parse(string(out))
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	for i := range all {
		if len(all[i].Date) != len("2025-06-01 12:00:00") {
			t.Errorf("%q is no date", all[i].Date)
		}
		all[i].Date = "2025-06-01 12:00:00"
	}
	text, err := Text("", all, false)
	want := `Generation  Build-date           NixOS version  Kernel   Configuration Revision  Specialisation  Current
11          2025-06-01 12:00:00  Unknown        Unknown  Unknown                 []
10          2025-06-01 12:00:00  25.05.2        6.12.1   abc-dirty               [calm, loud]
9           2025-06-01 12:00:00  24.11.1        Unknown  Unknown                 []              True
`
	if err != nil || text != want {
		t.Errorf("%v\n%s\nwant\n%s", err, text, want)
	}
	text, err = Text("web", all[2:], true)
	want = `{"host":"web","generations":[{"generation":9,"date":"2025-06-01 12:00:00","nixosVersion":"24.11.1",` +
		`"kernelVersion":"Unknown","configurationRevision":"Unknown","specialisations":[],"current":true}]}` + "\n"
	if err != nil || text != want {
		t.Errorf("%v %s", err, text)
	}
}

// What a host sends is not trusted: an answer without its end is none, and nothing of it is a control character.
func TestParse(t *testing.T) {
	if _, err := Parse("generation=1\ncurrent=yes\n"); !errors.Is(err, ErrCut) {
		t.Errorf("%v", err)
	}
	all, err := Parse("noise\ndate=early\ngeneration=1\nversion=\x1b[31m" + strings.Repeat("x", 400) + "\nended=yes\ngeneration=2\n")
	if err != nil || len(all) != 1 || strings.Contains(all[0].Version, "\x1b") || len(all[0].Version) > 2*valueBytes {
		t.Errorf("%+v, %v", all, err)
	}
}

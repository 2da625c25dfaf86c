package included

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/sshcfg"
)

// The file is nixhop's, and the user's config is touched by its one line alone; neither is written where it is a link.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	f, err := Find(config, "made")
	if err != nil {
		t.Fatal(err)
	}
	text := Mark + " here.\n\nHost a\n  User b\n"
	for _, changed := range []bool{true, false} {
		if got, err := f.Write(text); err != nil || got != changed {
			t.Errorf("%t, %v", got, err)
		}
	}
	if info, err := os.Stat(f.Path); err != nil || info.Mode().Perm() != 0o600 || !Begins(f.Path, Mark) || f.Included() {
		t.Errorf("%v, %v", info, err)
	}
	if err := f.Include(); err != nil || !f.Included() { // a config that is not there
		t.Fatal(err)
	}
	const before = "Host c\n  User d\n"
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	write(config, before)
	if err := f.Include(); err != nil || !f.Included() {
		t.Fatal(err)
	}
	got, err := os.ReadFile(config)
	if info, bad := os.Stat(config); err != nil || bad != nil || string(got) != f.Line+"\n\n"+before || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v, %v\n%s", err, bad, info, got)
	}

	write(f.Path, before)
	if _, err := f.Write(text); err == nil || !strings.Contains(err.Error(), "is not nixhop's to write\n") {
		t.Errorf("a file of somebody else's: %v", err)
	}
	for _, path := range []string{f.Path, config} {
		if err := os.Rename(path, path+".old"); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path+".old", path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Write(text); err == nil || !strings.Contains(err.Error(), "is no plain file") {
		t.Errorf("a link: %v", err)
	}
	if err := f.Include(); err == nil || !strings.Contains(err.Error(), "is no plain file: write this line where it is made: "+f.Line) {
		t.Errorf("a config that is a link: %v", err)
	}
	if _, err := Find("none", "made"); err == nil {
		t.Error("no config at all")
	}
}

// ssh takes each block as it is meant, and one that it would not take harms no other.
func TestTaken(t *testing.T) {
	hosts := []Block{
		{Name: "four", To: sshcfg.Host{Name: "192.0.2.1", User: "a user", Port: 22}},
		{Name: "torn", To: sshcfg.Host{Name: "192.0.2.2"}, Lines: []string{"proxyjump ,a"}},
		{Name: "zone", To: sshcfg.Host{Name: "fe80::1%eth0"}},
		{Name: "named", To: sshcfg.Host{Name: "Host.Example.org"}, Lines: []string{`identityfile "~/.ssh/a key"`}},
	}
	kept, refused, err := Taken(context.Background(), hosts)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, h := range kept {
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "four zone named" || len(refused) != 1 || !strings.HasPrefix(refused[0], "torn is left out: ") {
		t.Errorf("kept %s, refused %q", got, refused)
	}
}

package keys

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
)

// shells are those that a host may have as its /bin/sh; what is not installed here is left out.
func shells(t *testing.T) []string {
	t.Helper()
	all := []string{"/bin/sh"}
	for _, other := range []string{"dash", "bash"} {
		if _, err := nixexec.LookPath(other); err == nil {
			all = append(all, other)
		}
	}
	return all
}

// placed is a key at a path, for whoever runs the test.
func placed(t *testing.T, path, content string) key {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return key{Key: inventory.Key{ID: "k", Path: path, User: me.Uid, Group: me.Gid, Permissions: "0640"}, content: nixexec.NewSecret(content)}
}

// done is what a shell of a host tells of lines for keys.
func done(t *testing.T, shell, salt string, lines ...nixexec.Secret) (states []state, err error) {
	t.Helper()
	out, err := nixexec.Output(context.Background(), nixexec.Command{
		Argv: []string{shell, "-s"}, Stdin: opening(salt), Hidden: nixexec.Secret{}.Then(lines...),
	})
	return told(string(out)), err
}

// left are the names in a directory, with what the files hold and their modes.
func left(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		fmt.Fprintf(&b, "%s %o %q\n", e.Name(), info.Mode().Perm(), text)
	}
	return b.String()
}

// Keys of any content are written byte by byte, with their mode, and then are there.
func TestSend(t *testing.T) {
	for _, shell := range shells(t) {
		for _, content := range []string{"", "word", "two\nlines\n\n", "it's $(not) `run` \\n %s \x00\xff\r", strings.Repeat("long ", 20_000)} {
			path := filepath.Join(t.TempDir(), "a key's file")
			one := placed(t, path, content)
			states, err := done(t, shell, "salt", one.looked("salt"), one.written("salt"), one.looked("salt"), one.written("salt"))
			if err != nil || fmt.Sprint(states) != "[differs sent same sent]" {
				t.Errorf("%s, %.20q: %v, %v", shell, content, states, err)
			}
			got, _ := os.ReadFile(path)
			if want := left(t, filepath.Dir(path)); !bytes.Equal(got, []byte(content)) || !strings.HasPrefix(want, "a key's file 640 ") || strings.Count(want, "\n") != 1 {
				t.Errorf("%s, %.20q: %.80q", shell, content, want)
			}
		}
	}
}

// A directory is made where its key says so, which everybody may enter.
func TestSendMakesDirs(t *testing.T) {
	for _, shell := range shells(t) {
		dir := t.TempDir()
		one := placed(t, filepath.Join(dir, "a b", "c", "k"), "word")
		if _, err := done(t, shell, "salt", one.written("salt")); err == nil {
			t.Errorf("%s: it was written nowhere", shell)
		}
		one.MakeDirs = true
		states, err := done(t, shell, "salt", one.looked("salt"), one.written("salt"), one.looked("salt"))
		if err != nil || fmt.Sprint(states) != "[no-directory sent same]" {
			t.Errorf("%s: %v, %v", shell, states, err)
		}
		for _, made := range []string{"a b", "a b/c"} {
			if info, err := os.Stat(filepath.Join(dir, made)); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("%s: %s: %v, %v", shell, made, info, err)
			}
		}
		if one.state = noDirectory; !one.fits() {
			t.Error("a directory that can be made is missing")
		}
	}
}

// What has come to an end in the middle leaves the file as it was, and nothing beside it.
func TestSendCut(t *testing.T) {
	const before = "k 640 \"before\"\n"
	dir := t.TempDir()
	path := filepath.Join(dir, "k")
	one, other := placed(t, path, "before"), placed(t, path, "behind")
	if _, err := done(t, "/bin/sh", "salt", one.written("salt")); err != nil {
		t.Fatal(err)
	}
	me := one.User
	content := "YmVoaW5k" // behind
	whole := "send " + other.words() + "DIGEST '" + content + "'"
	for _, shell := range shells(t) {
		for _, cut := range []int{4, 20, len(whole) - len(content) - 1, len(whole) - 3, len(whole) - 1} {
			_, _ = done(t, shell, "salt", nixexec.NewSecret(whole[:cut]))
			if got := left(t, dir); got != before {
				t.Errorf("%s, cut at %d: %q", shell, cut, got)
			}
		}
		// Not what was meant, by its hash; an owner that is none; a place that is none.
		for _, line := range []string{
			whole, strings.ReplaceAll(whole, " "+me+" ", " nobody-of-this-name "), strings.ReplaceAll(whole, dir, dir+"/none"),
		} {
			states, err := done(t, shell, "salt", nixexec.NewSecret(line+" || exit\n"))
			if got := left(t, dir); err == nil || len(states) > 0 || got != before {
				t.Errorf("%s, %q: %v, %q", shell, line, states, got)
			}
		}
	}
}

// What a host tells of the place of a key.
func TestLook(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(in("there"), []byte("word"), 0o640), os.WriteFile(in("wide"), []byte("word"), 0o644), os.WriteFile(in("other"), []byte("Word"), 0o640),
		os.Symlink("there", in("link")), os.Symlink("dir", in("to-dir")), os.Mkdir(in("dir"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{os.Chmod(in("there"), 0o640), os.Chmod(in("wide"), 0o644), os.Chmod(in("other"), 0o640)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		set  func(*key)
		want state
	}{
		{"there", nil, same},
		{"there", func(k *key) { k.Permissions = "640" }, same},
		{"there", func(k *key) { k.Permissions = "0" }, differs},
		{"there", func(k *key) { k.User = "123456" }, differs},
		{"wide", nil, differs},
		{"other", nil, differs},
		{"link", nil, differs},
		{"to-dir", nil, differs},
		{"new", nil, differs},
		{"dir", nil, aDirectory},
		{"none/new", nil, noDirectory},
		{"there/new", nil, noDirectory},
		{"there", func(k *key) { k.User = "nobody-of-this-name" }, noUser},
		{"there", func(k *key) { k.Group = "no-group-of-this-name" }, noGroup},
	} {
		one := placed(t, in(c.name), "word")
		if c.set != nil {
			c.set(&one)
		}
		for _, shell := range shells(t) {
			if got, err := done(t, shell, "pepper", one.looked("pepper")); err != nil || len(got) != 1 || got[0] != c.want {
				t.Errorf("%s %+v: %v, %v", shell, one.Key, got, err)
			}
		}
	}
}

// However what is sent is printed, nothing of it shows.
func TestNothingShows(t *testing.T) {
	one := placed(t, "/run/keys/k", "sesame")
	command := nixexec.Command{Argv: []string{"ssh", "web"}, Stdin: opening("s"), Hidden: one.written("s")}
	for _, text := range []string{command.String(), fmt.Sprintf("%v %+v %#v", command, one, Ready{keys: []key{one}})} {
		if strings.Contains(text, "sesame") || strings.Contains(text, "c2VzYW1l") {
			t.Error(text)
		}
	}
}

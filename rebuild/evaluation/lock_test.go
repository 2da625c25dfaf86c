package evaluation

import (
	"strings"
	"testing"

	"nixhop/rebuild/source"
)

// What nix 2.8 and 2.26 print.
const (
	lockedBy28 = `{"lastModified":1,"locked":{"lastModified":1,"narHash":"sha256-H5","ref":"master","rev":"c562","revCount":1,"type":"git","url":"file:///f"},` +
		`"locks":{"nodes":{"root":{}},"root":"root","version":7},"original":{},"path":"/nix/store/0y17-source","resolved":{"type":"git","url":"file:///f"},"revision":"c562"}`
	dirtyBy28 = `{"locked":{"lastModified":1,"narHash":"sha256-JJ","type":"git","url":"file:///f"},"locks":{"nodes":{"root":{}},"root":"root","version":7},` +
		`"path":"/nix/store/ag9w-source","resolved":{"type":"git","url":"file:///f"}}`
	dirtyBy226 = `{"dirtyRevision":"57cd-dirty","fingerprint":"0f9a","locked":{"dirtyRev":"57cd-dirty","dirtyShortRev":"57cd192-dirty","narHash":"sha256-m+","type":"git"},` +
		`"locks":{"nodes":{"root":{}},"root":"root","version":7},"path":"/nix/store/d0x1-source","resolved":{"type":"git"}}`
	pathBy226 = `{"locked":{"lastModified":1,"narHash":"sha256-G6","path":"/root/fl","type":"path"},"locks":{"nodes":{}},"path":"/nix/store/5y6w-source","resolved":{"type":"path"}}`
)

// Only a commit is the same flake in every run.
func TestReadLock(t *testing.T) {
	for name, out := range map[string]string{
		"a dirty tree, 2.8": dirtyBy28, "a dirty tree, 2.26": dirtyBy226, "a path": pathBy226,
		"nothing": "", "nonsense": "[]", "no locks": strings.Replace(lockedBy28, `"locks"`, `"other"`, 1),
		"another commit": strings.Replace(lockedBy28, `"rev":"c562"`, `"rev":"dddd"`, 1),
	} {
		if lock, file := readLock([]byte(out), "nix"); lock != (Lock{}) || file != "" {
			t.Errorf("%s: %+v %q", name, lock, file)
		}
	}
	first, file := readLock([]byte(lockedBy28), "nix")
	if first.Fingerprint == "" || first.Quiet || file != "/nix/store/0y17-source/flake.nix" {
		t.Errorf("%+v %q", first, file)
	}
	if again, _ := readLock([]byte(lockedBy28), "nix"); again != first {
		t.Errorf("%+v, and then %+v", first, again)
	}
	for name, out := range map[string]string{
		"a commit":    strings.ReplaceAll(lockedBy28, "c562", "dddd"),
		"an input":    strings.Replace(lockedBy28, `"root":{}`, `"root":{},"nixpkgs":{}`, 1),
		"the content": strings.Replace(lockedBy28, "sha256-H5", "sha256-H6", 1),
		"a directory": strings.Replace(lockedBy28, `"resolved":{`, `"resolved":{"dir":"sub",`, 1),
	} {
		if other, _ := readLock([]byte(out), "nix"); other.Fingerprint == "" || other == first {
			t.Errorf("%s changes, and the fingerprint is %q", name, other.Fingerprint)
		}
	}
	if other, _ := readLock([]byte(lockedBy28), "another nix"); other == first {
		t.Error("another nix has the same fingerprint")
	}
	if _, file := readLock([]byte(strings.Replace(lockedBy28, `"resolved":{`, `"resolved":{"dir":"../../etc",`, 1)), ""); file != "/nix/store/0y17-source/etc/flake.nix" {
		t.Errorf("a directory above the flake: %q", file)
	}
}

func TestLockable(t *testing.T) {
	for line, want := range map[string]bool{
		"switch web --flake .":                         true,
		"switch web --flake . -j 4 -v --show-trace -L": true,
		"switch web --flake . --accept-flake-config":   true,
		"switch web --flake . --build-host target":     true,
		"switch web --flake . --no-write-lock-file":    true,
		"switch web --flake . --impure":                false,
		"switch web --flake . --option eval-cache no":  false,
		"switch web --flake . --override-input a b":    false,
		"switch web --flake . --update-input a":        false,
		"switch web --flake . --recreate-lock-file":    false,
		"switch web --flake . --commit-lock-file":      false,
		"switch web --flake . --refresh":               false,
		"switch web --flake . -I nixpkgs=/n":           false,
		"switch web -f x.nix":                          false,
		"switch web -A web":                            false,
	} {
		r := parse(t, line)
		s := source.FindSource(r, "/d", func(string) bool { return false }, func(path string) string { return path })
		if got := lockable(s, r); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// What an evaluation depends on beside the flake keeps it from being kept.
func TestLockedWanted(t *testing.T) {
	k := &Kept{lock: func() Lock { return Lock{Fingerprint: "f"} }}
	plain := source.Wanted{Source: source.Source{Flake: "."}, Configuration: "web"}
	for name, c := range map[string]struct {
		change func(*source.Wanted)
		want   bool
	}{
		"plain":           {func(*source.Wanted) {}, true},
		"a cross build":   {func(w *source.Wanted) { w.Cross = "x86_64-linux" }, false},
		"another system":  {func(w *source.Wanted) { w.System = "x86_64-linux" }, false},
		"a name in quote": {func(w *source.Wanted) { w.Configuration = `a"b` }, false},
		"no name":         {func(w *source.Wanted) { w.Configuration = "" }, false},
		"a file":          {func(w *source.Wanted) { w.Source = source.Source{File: "x.nix"} }, false},
		"impure":          {func(w *source.Wanted) { w.Request = parse(t, "switch web --impure") }, false},
	} {
		w := plain
		c.change(&w)
		if got := k.locked(w).Fingerprint != ""; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if (*Kept)(nil).locked(w) != (Lock{}) {
			t.Errorf("%s: locked without anything that keeps", name)
		}
	}
}

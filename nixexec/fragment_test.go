package nixexec

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hostileNames mean something to somebody on the way: to Nix's URLs, attribute paths and strings, to a shell, to ssh,
// to a terminal (issue 9, number 32).
var hostileNames = []string{
	"web", "a%41", "aA", "a%", "a%2541", "a#b", "a#", "#a", `a\b`, `a\`, "a${x}", "$${x}", "$", "ü", "日本", "a b", " a ", "a.b", ".",
	"a'b", `a"b`, `"`, "a?b", "a/b", "a^b", "a^*", "[x]", "a;b", "$(touch x)", "`touch x`", "a&b", "a|b", "a>b", "*", "~", "!", "-x",
	"a\nb", "a\n", "a\tb", "\x1b[31mred", "a\x07", "a\u202eb", "a\rb", "a\u009bb", "a:b", "a=b", "a,b", "a@b", "",
}

// Behind the # of a flake reference a name stays that name: a configuration called a%41 was announced, and aA was
// deployed (issue 9, number 32).
func TestFragment(t *testing.T) {
	for name, want := range map[string]string{
		"web": "web", "my-nixos_2.b": "my-nixos_2.b", "a%41": "a%2541", "a#b": "a%23b", `a\b`: "a%5Cb", "a${x}": "a%24%7Bx%7D",
		"ü": "%C3%BC", "a b": "a%20b", "a^*": "a%5E%2A", "": "",
	} {
		if got := Fragment(name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
	for _, fragment := range []string{"a%", "a%4", "a%zz", "%%41"} {
		if name, ok := FragmentName(fragment); ok || name != fragment {
			t.Errorf("%q: read as %q", fragment, name)
		}
	}
}

func FuzzFragment(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		fragment := Fragment(name)
		if strings.ContainsAny(fragment, "#\"'\\$^*?/ \n\x1b") {
			t.Errorf("%q: %q", name, fragment)
		}
		if got, ok := FragmentName(fragment); !ok || got != name {
			t.Errorf("%q: %q is read as %q", name, fragment, got)
		}
	})
}

// What Nix itself makes of the names: as an attribute of a flake, and as a string of its language.
func TestFlakeAttributeThroughNix(t *testing.T) {
	if _, err := exec.LookPath("nix"); err != nil {
		t.Skip("Nix is not installed")
	}
	dir := t.TempDir()
	var flake strings.Builder
	flake.WriteString("{ outputs = _: { c = {\n")
	for _, name := range hostileNames {
		flake.WriteString(NixString(name) + " = " + NixString("<"+name+">") + ";\n")
	}
	flake.WriteString("}; }; }\n")
	if err := os.WriteFile(filepath.Join(dir, "flake.nix"), []byte(flake.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir() // not in the flake, which Nix copies
	eval := func(words ...string) string {
		argv := NixCommand(append([]string{"eval", "--raw"}, words...)...)
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "NIX_STORE_DIR="+home+"/store", "NIX_STATE_DIR="+home+"/state", "HOME="+home, "XDG_CACHE_HOME="+home)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%q: %v", words, err)
		}
		return string(out)
	}
	for _, name := range hostileNames {
		attribute, ok := FlakeAttribute("path:"+dir, "c", name)
		if !ok {
			if got := eval("path:"+dir+"#c", "--apply", "c: c."+NixString(name)); got != "<"+name+">" {
				t.Errorf("%q by a function: %q", name, got)
			}
			continue
		}
		if got := eval(attribute); got != "<"+name+">" {
			t.Errorf("%q as %s: %q", name, attribute, got)
		}
	}
}

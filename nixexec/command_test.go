package nixexec

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{"", "''"},
		{"switch", "switch"},
		{"--flake", "--flake"},
		{".#web", "'.#web'"},
		{"root@10.0.0.1", "root@10.0.0.1"},
		{"/run/user/1000/nixhop-a/%C", "/run/user/1000/nixhop-a/%C"},
		{"a b", "'a b'"},
		{"it's", `'it'\''s'`},
		{"~", "'~'"},
		{"~root", "'~root'"},
		{"$HOME", "'$HOME'"},
		{"a\nb", "'a\nb'"},
		{"root@[fe80::1%25eth0]", "'root@[fe80::1%25eth0]'"},
		{"é", "'é'"},
		{"*", "'*'"},
	} {
		if got := Quote(test.word); got != test.want {
			t.Errorf("Quote(%q) = %s, want %s", test.word, got, test.want)
		}
	}
}

// words are hard on a shell.
var words = []string{
	"", " ", "-", "--", "-n", "~", "~/x", "a b", "a\tb", "a\nb", "\n", "a\n\n", "'", "''", "'a'", `"`, `\`, `\\`, `\n`,
	"$HOME", "${HOME}", "$(id)", "`id`", "*", "?", "[a]", "{a,b}", "!", "!!", "#", "a#b", "=", "a=b", "&", "|", ";",
	"<", ">", "(", ")", "%s", "é", "日本", "\x7f", "\x01", "\xff", "'\n'\\''", "if",
	"\x1b[31m", "-\x07", "a\x1b\n\n", "%\u202e\\n", "a\u009bb'", "\xff\ufffd",
}

// The shell itself says what a quoted word means.
func TestQuoteThroughShell(t *testing.T) {
	for _, word := range words {
		t.Run(word, func(t *testing.T) {
			quoted(t, word)
		})
	}
}

func FuzzQuote(f *testing.F) {
	for _, word := range words {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if strings.Contains(word, "\x00") {
			t.Skip("no program can get a NUL in a word")
		}
		quoted(t, word)
	})
}

// quoted has the shell read a word in each form, and wants those that are shown to be fit for a terminal (issue 9,
// number 32: flake attribute names with ESC, BEL or U+202E reached it, and a plan printed them).
func quoted(t *testing.T, word string) {
	t.Helper()
	for name, form := range map[string]string{"Quote": Quote(word), "ShellWord": ShellWord(word), "shellText": shellText(word)} {
		got, err := exec.Command("sh", "-c", "printf %s "+form).Output()
		if err != nil || string(got) != word {
			t.Errorf("%s(%q): the shell reads %q, %v", name, word, got, err)
		}
		if shown := strings.NewReplacer("\n", "", "\t", "").Replace(form); name != "Quote" && Printable(shown) != shown {
			t.Errorf("%s(%q): %q", name, word, form)
		}
	}
}

func TestCommandString(t *testing.T) {
	for _, test := range []struct {
		c    Command
		want string
	}{
		{Command{Argv: []string{"nix", "build", ".#x y"}}, "nix build '.#x y'"},
		{Command{Argv: []string{"nix"}, Env: []string{"NIX_SSHOPTS=-o A=b", "TMPDIR=/tmp", "E="}}, "NIX_SSHOPTS='-o A=b' TMPDIR=/tmp E='' nix"},
		{Command{Argv: []string{"./a=b"}}, "'./a=b'"},
		{Command{Argv: []string{"sh", "-s"}, Stdin: "id\n"}, "sh -s <<'EOF'\nid\nEOF"},
		{Command{Argv: []string{"sh", "-s"}, Stdin: "cat <<EOF\nEOF\n"}, "sh -s <<'EOF1'\ncat <<EOF\nEOF\nEOF1"},
		{Command{Argv: []string{"sh", "-s"}, Stdin: "id"}, "printf %s id | sh -s"},
		{Command{Argv: []string{"a"}, Secret: NewSecret("s")}, "{ " + askInShell + "\n} | a"},
		{Command{Argv: []string{"a"}, Secret: NewSecret("s"), Stdin: "id\n"}, "{ " + askInShell + "\ncat <<'EOF'\nid\nEOF\n} | a"},
		{Command{Argv: []string{"a"}, Secret: NewSecret("s"), Stdin: "i d"}, "{ " + askInShell + "\nprintf %s 'i d'\n} | a"},
	} {
		if got := test.c.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// A printed command, given to the shell, is the command that would have run.
func TestCommandStringThroughShell(t *testing.T) {
	script := `for word; do printf '<%s>' "$word"; done; printf '|%s|' "$VALUE"; cat`
	for _, stdin := range []string{"", "x", "x\n", "\n", "EOF\n", "EOF\nEOF1\n$HOME `id` \\ 'q'\n", "-n", "%s\\n", "\x1b[31m\n", "-\x07"} {
		for _, value := range []string{"", "a b", "it's\n$x"} {
			c := Command{Argv: append([]string{"sh", "-c", script, "sh"}, words...), Env: []string{"VALUE=" + value}, Stdin: stdin}
			want, err := Output(bounded(t), c)
			if err != nil {
				t.Fatal(err)
			}
			shell := exec.Command("sh", "-c", c.String())
			shell.Env = append(os.Environ(), "VALUE=outer")
			got, err := shell.Output()
			if err != nil || string(got) != string(want) {
				t.Errorf("%s\n got %q, %v\nwant %q", c, got, err, want)
			}
		}
	}
}

package nixexec

import (
	"os/exec"
	"slices"
	"testing"
)

// The shell says what the words are.
func TestSplitWordsThroughShell(t *testing.T) {
	for _, text := range []string{
		"", "  ", "-p 22", " -p\t22 -A ", `-o ProxyCommand="ssh -W %h:%p x"`, `-o 'A B'`, `"a\"b" 'c\d' e\ f`, `''`, `a''b ""`,
		`"a\nb" "a\\b" "\'"`, "a\\\nb", "\"a\\\nb\"", "a \\\n b", `é 'é'`, `"a'b"'c"d'`,
	} {
		want, err := exec.Command("sh", "-c", "set -- "+text+"\n"+`for word; do printf '%s\0' "$word"; done`).Output()
		if err != nil {
			t.Fatal(err)
		}
		words, err := SplitWords(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		got := ""
		for _, word := range words {
			got += word + "\x00"
		}
		if got != string(want) {
			t.Errorf("%q: got %q, the shell reads %q", text, got, want)
		}
	}
}

func TestSplitWordsAtNewlines(t *testing.T) {
	if got, err := SplitWords("-A\n-p 22\n"); err != nil || !slices.Equal(got, []string{"-A", "-p", "22"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

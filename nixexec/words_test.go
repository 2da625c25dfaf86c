package nixexec

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// What came from elsewhere does nothing to a terminal, and does not pass for another text (issue 9, number 32).
func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"web": "web", "ü 日本": "ü 日本", `a\b"c`: `a\b"c`, "\x1b[31mred\x07": `\x1b[31mred\a`, "a\u202eb": `a\u202eb`, "a\nb\t\r": `a\nb\t\r`,
		"\xff\ufffd": "\\xff\ufffd", "a\u009bb": `a\u009bb`, "\U000e0001": `\U000e0001`, "": "",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
	if got := PrintableLines("\x1b[1;31merror:\x1b[0m a\tb\r\n\x1b]0;title\x07\nc"); got != "error: a b\n\\x1b]0;title\\a\nc" {
		t.Errorf("lines: %q", got)
	}
}

func FuzzPrintable(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, got := range []string{Printable(text), strings.ReplaceAll(PrintableLines(text), "\n", ""), Quoted(text)} {
			if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("%q: %q", text, got)
			}
		}
	})
}

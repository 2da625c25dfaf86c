package view

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

// Whatever a host prints, what is shown of it is one line of printable characters.
func TestShown(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"building", "building"},
		{"10%\r20%\r\n", "20%"},
		{"\x1b[1;31merror:\x1b[0m no\x1b[K", "error: no"},
		{"\x1b]0;title\x07text", "text"},
		{"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"},
		{"\x1bPq#0\x1b\\sixel", "sixel"},
		{"a\tb", "a b"},
		{"größer 漢字 👍", "größer 漢字 👍"},
		{"evil\u202egnp", "evil\ufffdgnp"},
		{"\x00\x07\x7f", "\ufffd\ufffd\ufffd"},
	} {
		if got := shown(c.line); got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
	for b := range 256 {
		got := shown("a" + string([]byte{byte(b)}) + "[2J\x9b2J\xc2\x9b")
		if at := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) && r != unicode.ReplacementChar }); at >= 0 {
			t.Errorf("byte %d: %q", b, got)
		}
	}
}

func TestCut(t *testing.T) {
	zalgo := "a" + strings.Repeat("\u0301", 1000)
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"漢字", 4, "漢字"},
		{"漢字", 3, "漢…"},
		{"漢字", 2, "…"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
		{"", 5, ""},
	} {
		if got := cut(c.text, c.columns); got != c.want {
			t.Errorf("%q in %d: got %q, want %q", c.text, c.columns, got, c.want)
		}
	}
	if got := cut(zalgo, 10); len(got) > 100 {
		t.Errorf("characters without a width: %d bytes", len(got))
	}
}

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 999 * time.Millisecond: "0s", 59 * time.Second: "59s", 65 * time.Second: "1m05s",
		time.Hour: "1h00m", 25*time.Hour + 61*time.Second: "25h01m",
	} {
		if got := took(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestReflows(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"TERM": "xterm-256color"}, true},
		{map[string]string{"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(390)"}, false},
		{map[string]string{"TERM": "tmux-256color", "XTERM_VERSION": "XTerm(390)", "TMUX": "/tmp/x"}, true},
		{map[string]string{"TERM": "linux"}, false},
	} {
		if got := Reflows(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %v", c.env, got)
		}
	}
}

// Two words never have one file, not even on a file system that does not tell capitals, and none leaves the directory.
func TestFilename(t *testing.T) {
	for word, want := range map[string]string{
		"web1": "web1", "admin@web1": "admin@web1", "web=db": "web=db", "192.168.4.1": "192.168.4.1",
		"../../etc/passwd": "%2E.%2F..%2Fetc%2Fpasswd", ".": "%2E", "-rf": "%2Drf", "ssh://root@[fe80::1%25eth0]:22": "ssh%3A%2F%2Froot@%5Bfe80%3A%3A1%2525eth0%5D%3A22",
	} {
		if got := filename(word); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	seen := map[string]string{}
	for _, word := range []string{"web", "Web", "WEB", "a/b", "a%2Fb", "", "\x00", strings.Repeat("x", 300), strings.Repeat("x", 301), "größer", "GRÖSSER"} {
		name := strings.ToLower(filename(word))
		if other, taken := seen[name]; taken || len(name) > 240 || strings.ContainsAny(name, "/\x00") || name == "" {
			t.Errorf("%q: %q, as %q", word, name, other)
		}
		seen[name] = word
	}
}

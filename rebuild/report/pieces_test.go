package report

import (
	"strings"
	"testing"
)

// Pieces of lines of two hosts come out as whole lines, whatever the order they come in.
func TestPieces(t *testing.T) {
	var p Pieces
	for _, c := range []struct{ host, text, want string }{
		{"a", "one\ntw", "one\n"},
		{"b", "eins", ""},
		{"a", "o", ""},
		{"b", " und zwei\n", "eins und zwei\n"},
		{"a", "\n\nthree\nfo", "two\n\nthree\n"},
		{"a", "", ""},
		{"b", "", ""},
	} {
		if got := p.Add(c.host, c.text); got != c.want {
			t.Errorf("%s, %q: got %q, want %q", c.host, c.text, got, c.want)
		}
	}
	if got := p.End("a"); got != "fo\n" {
		t.Errorf("the line that a has begun is %q", got)
	}
	if got := p.End("a") + p.End("b") + p.End("c"); got != "" {
		t.Errorf("what was not begun is %q", got)
	}
}

// A line without an end takes no more memory than a line may have.
func TestPiecesBounded(t *testing.T) {
	var p Pieces
	piece := strings.Repeat("x", 64<<10)
	got := 0
	for range 64 {
		for line := range strings.Lines(p.Add("a", piece)) {
			got += len(strings.TrimSuffix(line, "\n"))
		}
		if kept := len(p.begun["a"]); kept > longestLine {
			t.Fatalf("%d bytes are kept", kept)
		}
	}
	if got += len(strings.TrimSuffix(p.End("a"), "\n")); got != 64*len(piece) {
		t.Errorf("%d bytes of %d came out", got, 64*len(piece))
	}
}

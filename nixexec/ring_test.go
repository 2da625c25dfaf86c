package nixexec

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestRingKeepsLines(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limit  int
		writes []string
		want   string
	}{
		{"nothing", 10, nil, ""},
		{"an unfinished line", 10, []string{"a", "b"}, "ab\n"},
		{"lines in pieces", 10, []string{"a\nb", "c\n", "d"}, "a\nbc\nd\n"},
		{"the oldest go", 4, []string{"aa\nbb\ncc\ndd\nee\n"}, "ee\n"},
		{"exactly full", 6, []string{"aa\nbb\ncc\ndd\nee\n"}, "dd\nee\n"},
		{"a line longer than the ring", 4, []string{"aaaaaaaaaaaa\nb\n"}, "b\n"},
		{"only a line longer than the ring", 4, []string{"aaaaaaaaaaaa\n"}, ""},
		{"carriage return and newline", 10, []string{"a\r\nb\r", "\nc"}, "a\nb\nc\n"},
		{"a pty's double carriage return", 10, []string{"a\r\r\nb\n"}, "a\nb\n"},
		{"a progress bar is overwritten", 20, []string{"[1/9]\r[2/9]\r[3/9]", "\rerror: x\n[3/9]"}, "error: x\n[3/9]\n"},
		{"the last state of a progress bar stays", 20, []string{"[1/9]\r[2/9]\r"}, "[2/9]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRing(tt.limit)
			s := r.Stream()
			for _, w := range tt.writes {
				if n, err := s.Write([]byte(w)); n != len(w) || err != nil {
					t.Fatalf("Write(%q) = %d, %v", w, n, err)
				}
			}
			if got := string(r.Bytes()); got != tt.want {
				t.Errorf("Bytes() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRingKeepsStreamsApart(t *testing.T) {
	r := NewRing(100)
	out, err := r.Stream(), r.Stream()
	for _, w := range []struct {
		s    *Stream
		text string
	}{{out, "copying "}, {err, "error: "}, {out, "path\n"}, {err, "lost\n"}, {out, "half"}} {
		_, _ = w.s.Write([]byte(w.text))
	}
	if got, want := string(r.Bytes()), "copying path\nerror: lost\nhalf\n"; got != want {
		t.Errorf("Bytes() = %q, want %q", got, want)
	}
}

func TestRingIsBounded(t *testing.T) {
	const limit = 1 << 10
	r := NewRing(limit)
	s := r.Stream()
	for i := range 5000 {
		_, _ = fmt.Fprintf(s, "line %d\n", i)
	}
	got := r.Bytes()
	if len(got) > limit || len(r.lines) > 2*limit {
		t.Errorf("%d bytes returned, %d held, want at most %d and %d", len(got), len(r.lines), limit, 2*limit)
	}
	if text := string(got); !strings.HasPrefix(text, "line ") || !strings.HasSuffix(text, "line 4999\n") {
		t.Errorf("Bytes() does not hold whole last lines: %.20q", text)
	}
	_, _ = s.Write([]byte(strings.Repeat("x", 4*ringLine)))
	if len(s.line) > ringLine {
		t.Errorf("an endless line holds %d bytes, want at most %d", len(s.line), ringLine)
	}
}

func TestRingConcurrently(t *testing.T) {
	r := NewRing(1 << 12)
	var all sync.WaitGroup
	for range 4 {
		s := r.Stream()
		all.Go(func() {
			for i := range 500 {
				_, _ = fmt.Fprintf(s, "one whole line %d\n", i)
			}
		})
	}
	for range 50 {
		_ = r.Bytes()
	}
	all.Wait()
	for line := range strings.Lines(string(r.Bytes())) {
		if !strings.HasPrefix(line, "one whole line ") || strings.Count(line, "one") != 1 {
			t.Fatalf("a line was torn: %q", line)
		}
	}
}

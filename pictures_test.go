package main

import (
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/testdata/picture"
)

// A screen shows what a terminal would: what is drawn anew stands there once, in its colours.
func TestPicture(t *testing.T) {
	t.Parallel()
	const shown = "\x1b[1;38;5;86mINFO\x1b[0m nixhop: a line that is longer than this\r\n" +
		"web1  build\x1b[K\r\n\x1b[1m1 at work\x1b[0m\x1b[K\r\n\x1b[J" +
		"\r\x1b[2A\x1b[Jdone <&>\r\n\x1b]2;title\aend"
	want := "INFO nixhop: a line that is lo\nnger than this\ndone <&>\nend\n"
	for pieces := range 3 {
		s := picture.NewScreen(30)
		for text := shown; len(text) > 0; {
			n := min(len(text), []int{len(text), 1, 7}[pieces])
			_, _ = io.WriteString(s, text[:n])
			text = text[n:]
		}
		if got := s.Text(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		drawing := s.SVG("a <title>")
		for _, part := range []string{`fill="#5fffd7" font-weight="bold">INFO</text>`, ">done &lt;&amp;&gt;</text>", "<title>a &lt;title&gt;</title>"} {
			if !strings.Contains(drawing, part) {
				t.Errorf("%s is not in\n%s", part, drawing)
			}
		}
		wellFormed(t, "made up", drawing)
	}
}

// The pictures of the README are there, and are XML.
func TestPictures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/pictures/*.svg")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	for _, name := range files {
		wellFormed(t, name, readFile(t, name))
		if !strings.Contains(readFile(t, "README.md"), "]("+name+")") {
			t.Errorf("README.md does not show %s", name)
		}
	}
}

func wellFormed(t *testing.T, name, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}

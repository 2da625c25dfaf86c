package manual

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"nixhop/rebuild/help"
	"nixhop/rebuild/request"
)

// eachSource hands over every source of the program, without its tests and stand-ins.
func eachSource(t *testing.T, do func(path, text string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join("../..", path))
		do(path, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The manual leaves nothing out, neither as a page nor as a text.
func TestManualComplete(t *testing.T) {
	page := Roff("1.2", "2026-01-02")
	text := strings.Join(strings.Fields(Text()), " ")
	flat := strings.NewReplacer(`\fB`, "", `\fR`, "").Replace(strings.Join(strings.Fields(page), " "))
	has := func(what string) {
		t.Helper()
		if !strings.Contains(flat, strings.Join(strings.Fields(escaped(what)), " ")) {
			t.Errorf("the page lacks %q", what)
		}
		if !strings.Contains(text, strings.Join(strings.Fields(what), " ")) {
			t.Errorf("the text lacks %q", what)
		}
	}
	for _, a := range request.Actions() {
		has(actionRow(a).Word)
		for line := range strings.Lines(a.Long) {
			has(strings.TrimSuffix(line, "\n"))
		}
	}
	for _, s := range request.Flags() {
		has(help.Written(s))
		if s.More != "" && !strings.Contains(text, s.More) {
			t.Errorf("%s: %q is missing", s.Name, s.More)
		}
	}
	for _, s := range request.ExitStatuses() {
		has(s.Code)
	}
	for _, topic := range request.Topics() {
		parts := help.TopicParts(topic.Name)
		if len(parts) == 0 {
			t.Errorf("there is nothing to say about %s", topic.Name)
		}
		for _, p := range parts {
			for _, r := range p.Rows {
				has(r.Word)
			}
			for _, l := range p.Lines {
				has(l)
			}
			if !strings.Contains(text, strings.Join(strings.Fields(p.Text), " ")) {
				t.Errorf("the text lacks %q", p.Text)
			}
		}
	}
}

// bare is a sign that a formatter may typeset as another one than is to be typed.
var bare = regexp.MustCompile("(^|[^\\\\])[-'`^~]")

// The page's lines are short, no text is a request, and what is to be typed can be copied.
func TestRoffForm(t *testing.T) {
	requests := regexp.MustCompile(`^\.(TH|SH|SS|TP|PP|RS 4|RE|nf|fi|nh|ad l)\b`)
	for line := range strings.Lines(Roff("0.1-dev", "2026-01-02")) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case len(line) > 80 && !strings.HasPrefix(line, `\fB`), line == "":
			t.Errorf("%d bytes: %q", len(line), line)
		case strings.HasPrefix(line, ".") && !requests.MatchString(line):
			t.Errorf("no request of ours: %q", line)
		case bare.MatchString(line) && !strings.HasPrefix(line, ".TH"):
			t.Errorf("a sign that is typeset: %q", line)
		}
	}
	for line := range strings.Lines(Text()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// man and mandoc have nothing to say about the page.
func TestRoffLint(t *testing.T) {
	page := filepath.Join(t.TempDir(), "nixhop.1")
	if err := os.WriteFile(page, []byte(Roff("1.2", "2026-01-02")), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, argv := range [][]string{
		{"mandoc", "-Tlint", page},
		{"groff", "-man", "-ww", "-z", "-Tutf8", page},
		{"man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page},
	} {
		t.Run(argv[0], func(t *testing.T) {
			if _, err := exec.LookPath(argv[0]); err != nil {
				t.Skip(err)
			}
			if argv[0] == "man" {
				if out, _ := exec.Command("man", "--version").Output(); !strings.HasPrefix(string(out), "man ") {
					t.Skip("this is not man-db")
				}
			}
			var said strings.Builder
			run := exec.Command(argv[0], argv[1:]...)
			run.Stderr = &said
			if argv[0] == "mandoc" {
				run.Stdout = &said
			}
			if err := run.Run(); err != nil || said.Len() > 0 {
				t.Errorf("%v\n%s", err, said.String())
			}
		})
	}
}

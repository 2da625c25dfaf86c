package report

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// paper is a file, and what was written to it.
func paper(t *testing.T) (*os.File, func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "paper"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file, func() string {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// logTo is a log without times.
func logTo(file *os.File) *slog.Logger {
	untimed := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{ReplaceAttr: untimed}))
}

// What each kind of event comes to: results on standard output, the rest on standard error.
func TestPlain(t *testing.T) {
	started := func(host string) Event { return Event{Kind: Started, Host: host} }
	clock := &Finding{Name: "clock", Severity: Warning, Host: "web", What: "it is late", Why: "no NTP"}
	for _, c := range []struct {
		name     string
		events   []Event
		out, err string
	}{
		{"phases", []Event{started("web"), {Kind: Passed, Host: "web", Result: Failed}}, "", ""},
		{"a result", []Event{{Kind: Printed, Text: "/nix/store/x\n"}, {Kind: Printed, Text: "{}\x00"}},
			"/nix/store/x\n{}\x00", ""},
		{"the output of one host", []Event{started("web"), {Kind: Output, Host: "web", Text: "\x1b[1mone\r\ntwo"}}, "",
			"\x1b[1mone\r\ntwo"},
		{"of one that has two phases", []Event{started("web"), started("web"), {Kind: Output, Host: "web", Text: "one\n"}},
			"", "one\n"},
		{"a finding", []Event{{Kind: Found, Host: "web", Finding: clock, Remedy: []string{"ntpd -q"}}}, "",
			"nixhop: warning: web: it is late [clock]\n  no NTP\n    ntpd -q\n"},
		{"sentences", []Event{
			{Kind: Said, Text: "it goes on", Level: slog.LevelInfo}, {Kind: Said, Text: "beware", Level: slog.LevelWarn},
			{Kind: Said, Text: "for nobody", Level: slog.LevelDebug},
		}, "", "level=INFO msg=\"it goes on\"\nlevel=WARN msg=beware\n"},
	} {
		out, printed := paper(t)
		err, shown := paper(t)
		p := &Plain{Out: out, Err: err, Log: logTo(err)}
		for _, e := range c.events {
			if err := p.Render(e); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if printed() != c.out || shown() != c.err {
			t.Errorf("%s: got %q and %q, want %q and %q", c.name, printed(), shown(), c.out, c.err)
		}
	}
}

// A result that cannot be written is an error; where standard error is gone there is nowhere to say so.
func TestPlainWithoutFiles(t *testing.T) {
	out, _ := paper(t)
	err, _ := paper(t)
	out.Close()
	err.Close()
	p := &Plain{Out: out, Err: err, Log: logTo(err)}
	for _, kind := range []Kind{Started, Output, Found, Said, Printed, Passed} {
		if err := p.Render(Event{Kind: kind, Text: "text", Finding: &Finding{}}); (err != nil) != (kind == Printed) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

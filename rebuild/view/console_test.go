package view

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/report"
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

// plainTo writes to files, without times.
func plainTo(out, err *os.File) *report.Plain {
	untimed := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return &report.Plain{Out: out, Err: err, Log: slog.New(slog.NewTextHandler(err, &slog.HandlerOptions{ReplaceAttr: untimed}))}
}

// renderAll renders events to the end of a run.
func renderAll(t *testing.T, c *Console, events []report.Event) {
	t.Helper()
	for _, e := range events {
		if err := c.Render(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// finding is what was found of a host.
func finding(host string, severity report.Severity) report.Event {
	f := &report.Finding{Name: "build-fail", Severity: severity, Host: host, What: "a builder failed", Why: "so it says"}
	return report.Event{Kind: report.Found, Host: host, Finding: f, Remedy: []string{"nix log /nix/store/x.drv"}}
}

// What one host prints goes through byte for byte, and nothing is said behind it.
func TestConsoleOfOneHost(t *testing.T) {
	out, printed := paper(t)
	err, shown := paper(t)
	renderAll(t, &Console{Plain: plainTo(out, err)}, append(script(`
		web started build
		web output \e[1mone\r\ntwo
		web printed /nix/store/x\n
		web passed build failed: why`),
		finding("web", report.Error)))
	const want = "\x1b[1mone\r\ntwonixhop: error: web: a builder failed [build-fail]\n  so it says\n    nix log /nix/store/x.drv\n"
	if printed() != "/nix/store/x\n" || shown() != want {
		t.Errorf("got %q and %q", printed(), shown())
	}
}

// What many hosts print stands in whole lines with the host in front; what stopped one is said at the end, once, behind
// the last that it has printed; and then there is a table.
func TestConsoleOfMany(t *testing.T) {
	out, printed := paper(t)
	err, shown := paper(t)
	events := script(`
		begun switch web db cache
		web started build
		web output one\ntw
		db started build
		db output \e[31merror:\e[0m builder fa
		web output o\n
		web said built
		db output iled
		web passed build done`)
	events = append(events, finding("db", report.Warning), finding("web", report.Warning), finding("db", report.Error))
	events = append(events, script(`
		db passed build failed: db: build: it ended with 1\nnixhop check db
		web started activate
		web printed /nix/store/x\n
		web changed 4 5 25.05 25.11 yes
		web passed activate done`)...)
	renderAll(t, &Console{Plain: plainTo(out, err)}, events)
	if got := printed(); got != "web: /nix/store/x\n" {
		t.Errorf("on standard output: %q", got)
	}
	want := `web: one
web: two
level=INFO msg="web: built"
db: error: builder failed
level=INFO msg="db: failed (build) after 0s"
nixhop: warning: web, db: a builder failed [build-fail]
  so it says
    nix log /nix/store/x.drv
    # for web; likewise for the others
level=INFO msg="web: done after 3s"

db: the end of its output (build):
  error: builder failed
nixhop: error: db: a builder failed [build-fail]
  so it says
    nix log /nix/store/x.drv
nixhop: db: build: it ended with 1
  nixhop check db

HOST   RESULT          GENERATION  VERSION         SECONDS  REBOOT
web    done            4 -> 5      25.05 -> 25.11  3        yes
db     failed (build)  -           -               0        -
cache  not begun       -           -               -        -
`
	if got := shown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The same finding on many hosts is one paragraph; what none of them has printed and nobody has explained is said so.
func TestConsoleGroups(t *testing.T) {
	out, _ := paper(t)
	err, shown := paper(t)
	events := script("begun switch a b c\na started check\nb started check\nc started check\na passed check refused\nb passed check refused\nc passed check done")
	for _, host := range []string{"b", "a", "c"} {
		events = append(events, finding(host, report.Note))
	}
	events = append(events, finding("a", report.Error), finding("b", report.Error))
	renderAll(t, &Console{Plain: plainTo(out, err)}, events)
	want := `level=INFO msg="a: refused (check) after 3s"
level=INFO msg="b: refused (check) after 3s"
nixhop: note: a, b, c: a builder failed [build-fail]
  so it says
    nix log /nix/store/x.drv
    # for a; likewise for the others
nixhop: error: a, b: a builder failed [build-fail]
  so it says
    nix log /nix/store/x.drv
    # for a; likewise for the others

HOST  RESULT           SECONDS
a     refused (check)  3
b     refused (check)  3
c     not activated    3
`
	if got := shown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Where the result is what is told of the hosts, nothing but what went wrong is said beside it.
func TestConsoleOfAList(t *testing.T) {
	out, printed := paper(t)
	err, shown := paper(t)
	events := append(script("begun list-generations a b\na started connect\nb started connect\na passed connect done\nb passed connect failed: b: it is gone\\nssh b"),
		report.Event{Kind: report.Printed, Text: "1\n"})
	renderAll(t, &Console{Plain: plainTo(out, err)}, events)
	if want := "level=INFO msg=\"b: failed (connect) after 2s\"\n\nnixhop: b: it is gone\n  ssh b\n"; printed() != "1\n" || shown() != want {
		t.Errorf("got %q and %q, want %q", printed(), shown(), want)
	}
}

// Of a run that has not begun with any host nothing is told, and the logs of the one before stay.
func TestConsoleOfNothing(t *testing.T) {
	out, printed := paper(t)
	err, shown := paper(t)
	state := t.TempDir()
	keep := func() (*Logs, error) { return LastLogs(func(string) string { return state }) }
	renderAll(t, &Console{Plain: plainTo(out, err), Keep: keep}, script("begun switch a b"))
	if _, none := os.Lstat(filepath.Join(state, "nixhop", "last")); printed() != "" || shown() != "" || !os.IsNotExist(none) {
		t.Errorf("got %q and %q, and %v", printed(), shown(), none)
	}
}

// A check has its own result: nothing is said beside it.
func TestConsoleOfACheck(t *testing.T) {
	out, printed := paper(t)
	err, shown := paper(t)
	keep := func() (*Logs, error) { t.Error("a check keeps logs"); return nil, nil }
	events := append(script(`
		begun check web db
		web started connect
		web output warning\n
		web passed connect refused`), report.Event{Kind: report.Printed, Text: "HOST\n"})
	renderAll(t, &Console{Plain: plainTo(out, err), Keep: keep}, events)
	if printed() != "HOST\n" || shown() != "" {
		t.Errorf("got %q and %q", printed(), shown())
	}
}

func TestReleased(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"25.05.20250601.abcdef0", "25.11.20260101.0123456", "25.05.20250601 -> 25.11.20260101"},
		{"25.05.20250601.abcdef0", "25.05.20250601.0123456", "25.05.20250601.abcdef0 -> 25.05.20250601.0123456"},
		{"25.05.20250601.abcdef0", "25.05.20250601.abcdef0", "25.05.20250601"},
		{"25.05.20250601.abcdef0", "", "25.05.20250601"},
		{"", "25.05pre-git", "25.05pre-git"},
		{"", "", ""},
	} {
		if got := fromTo(released(c.from, c.to)); got != c.want {
			t.Errorf("%q, %q: got %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// What is looked at behind the last phase keeps a host done, or makes it one that has failed.
func TestBehindTheLastPhase(t *testing.T) {
	out, _ := paper(t)
	err, shown := paper(t)
	renderAll(t, &Console{Plain: plainTo(out, err)}, script(`
		begun switch a b
		a started activate
		b started activate
		a passed activate done
		b passed activate done
		a started health
		b started health
		a passed health done
		b passed health failed`))
	want := `level=INFO msg="a: done after 2s"
level=INFO msg="b: done after 2s"
level=INFO msg="b: failed (health) after 6s"

HOST  RESULT  SECONDS
a     done    6
b     failed  6
`
	if got := shown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Of a run that also looks whether its hosts are healthy there is a table, too, and a host is done behind that.
func TestHealthIsTheLastPhase(t *testing.T) {
	out, _ := paper(t)
	err, shown := paper(t)
	kept := t.TempDir()
	events := script(`
		begun switch a b
		a started activate
		b started activate
		b output up\n
		a passed activate done
		b passed activate done
		a started health
		b started health
		a passed health done
		b passed health failed: it is not healthy`)
	events[0].Phase = report.PhaseHealth
	renderAll(t, &Console{Plain: plainTo(out, err), Keep: func() (*Logs, error) { return OpenLogs(kept) }}, events)
	want := `b: up
level=INFO msg="a: done after 7s"
level=INFO msg="b: failed (health) after 7s"

nixhop: b: it is not healthy
nixhop: b: its whole output: ` + kept + `/b.log

HOST  RESULT  SECONDS
a     done    7
b     failed  7
`
	if got := shown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What no host has told has no column.
func TestTable(t *testing.T) {
	s, _ := stateOf(`
		begun boot a b c d
		a started activate
		a passed activate unchanged
		b started activate
		b passed activate units failed
		c started build
		c passed build done
		d started build`)
	want := `HOST  RESULT         SECONDS
a     unchanged      1
b     units failed   1
c     not activated  1
d     not activated  -
`
	if got := Table(s); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Why a host cannot be reached is said at once, for there is time to switch it on, and once more where that is a
// failure.
func TestConsoleOffline(t *testing.T) {
	for result, want := range map[report.Result]string{
		report.LeftOut: `nixhop: error: off: it is off [host-unreachable]
level=INFO msg="off: not reached (connect) after 1s"
level=INFO msg="web: done after 1s"

HOST  RESULT                 SECONDS
off   not reached (connect)  1
web   done                   1
`,
		report.Offline: `nixhop: error: off: it is off [host-unreachable]
level=INFO msg="off: not reached (connect) after 1s"
level=INFO msg="web: done after 1s"
nixhop: error: off: it is off [host-unreachable]

HOST  RESULT                 SECONDS
off   not reached (connect)  1
web   done                   1
`,
	} {
		out, _ := paper(t)
		err, shown := paper(t)
		events := script("begun switch off web\noff started connect\noff passed connect not reached\nweb started activate\nweb passed activate done")
		events[2].Result = result
		f := &report.Finding{Name: "host-unreachable", Severity: report.Error, Host: "off", What: "it is off", Offline: true}
		events = slices.Insert(events, 2, report.Event{Kind: report.Found, Host: "off", Finding: f})
		renderAll(t, &Console{Plain: plainTo(out, err)}, events)
		if got := shown(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		s := &State{}
		for _, e := range events {
			s.Take(e)
		}
		counts := map[report.Result]string{report.LeftOut: "1 done, 1 left out", report.Offline: "1 done, 1 failed"}[result]
		if got := summary(s, noon); !strings.HasSuffix(got, ": "+counts) {
			t.Errorf("summed up as %q", got)
		}
	}
}

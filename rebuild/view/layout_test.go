package view

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/report"
)

// noon is when the runs of these tests begin.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// script is a run in events, one a line, a second apart: "begun switch web1 web2", "web1 started build", "web1 output
// text", "web1 passed build failed". \xNN and \n in a text are those bytes.
func script(text string) []report.Event {
	var all []report.Event
	at := noon
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		switch {
		case words[0] == "":
			continue
		case words[0] == "begun":
			last := map[string]report.Phase{"check": report.PhaseCheck, "list-generations": report.PhaseConnect}[words[1]]
			all = append(all, report.Event{
				Kind: report.Begun, Text: words[1], Phase: cmp.Or(last, report.PhaseActivate), Hosts: strings.Fields(words[2]), Time: at,
			})
		case words[0] == "wait":
			d, _ := time.ParseDuration(words[1])
			at = at.Add(d - time.Second)
		default:
			all = append(all, hostEvent(words[0], words[1], strings.Join(words[2:], ""), at))
		}
		at = at.Add(time.Second)
	}
	return all
}

func hostEvent(host, kind, text string, at time.Time) report.Event {
	e := report.Event{Host: host, Kind: report.Kind(kind), Time: at}
	switch e.Kind {
	case report.Passed:
		phase, result, _ := strings.Cut(text, " ")
		result, e.Text, _ = strings.Cut(result, ": ")
		e.Text = strings.ReplaceAll(e.Text, `\n`, "\n")
		e.Phase, e.Result = report.Phase(phase), resultOf(result)
	case report.Started:
		e.Phase = report.Phase(text)
	case report.Changed:
		e.Change = &report.Change{}
		_, _ = fmt.Sscanf(text, "%d %d %s %s %s", &e.Change.FromGeneration, &e.Change.ToGeneration,
			&e.Change.FromVersion, &e.Change.ToVersion, &e.Change.Reboot)
	default:
		e.Text = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\e`, "\x1b", `\xff`, "\xff").Replace(text)
	}
	return e
}

func resultOf(word string) report.Result {
	for r := report.Done; r <= report.Interrupted; r++ {
		if r.String() == word {
			return r
		}
	}
	return report.Done
}

// stateOf is a run, and when its last event was.
func stateOf(text string) (*State, time.Time) {
	s, last := &State{}, noon
	for _, e := range script(text) {
		s.Take(e)
		last = e.Time
	}
	return s, last
}

// fleetOf is a run of so many hosts, all of them at work on a phase.
func fleetOf(hosts int, phase string, printing ...int) string {
	var names, events []string
	for i := range hosts {
		names = append(names, fmt.Sprintf("h%03d", i))
		events = append(events, names[i]+" started "+phase)
	}
	for _, i := range printing {
		events = append(events, names[i]+` output building\n`)
	}
	return "begun switch " + strings.Join(names, " ") + "\n" + strings.Join(events, "\n") + "\n"
}

// What is shown of a run, by its state and the size of the terminal alone.
func TestLayout(t *testing.T) {
	const three = "begun switch web1 web2 database\nweb1 started build\nweb2 started build\nweb1 output building linux\\n\n"
	for _, c := range []struct {
		name, events  string
		columns, rows int
		want          string
	}{
		{"nothing has begun", "begun switch a b\n", 80, 24, "switch 2 hosts, 0s: 2 to begin"},
		{"hosts at work, and one that waits", three, 80, 24, `
web1  build         2s  building linux
web2  build         1s
switch 3 hosts, 3s: 2 at work, 1 to begin`},
		{"of a phase the last line of that phase alone", three + "web1 passed build done\nweb1 started copy\n", 80, 24, `
web1  copy          0s
web2  build         3s
switch 3 hosts, 5s: 2 at work, 1 to begin`},
		{"hosts that have come to an end are counted", three + "web1 passed build failed\nweb2 passed activate done\n", 80, 24, `
switch 3 hosts, 5s: 1 done, 1 failed, 1 to begin`},
		{"hosts between two phases, and one that was stopped", three + "web1 passed build stopped\nweb2 passed build done\n", 80, 24, `
switch 3 hosts, 5s: 1 stopped, 1 waiting, 1 to begin`},
		{"a check ends with its checks", "begun check a\na started check\na passed check done\n", 80, 24, "check 1 host, 2s: 1 done"},
		{"a small terminal", three, 24, 24, `
web1  build         2s…
web2  build         1s
switch 3 hosts, 3s: 2 …`},
		{"a low one", three, 80, 3, "and 2 more at work\nswitch 3 hosts, 3s: 2 at work, 1 to begin"},
		{"one that has a single row", three, 80, 1, "switch 3 hosts, 3s: 2 at work, 1 to begin"},
		{"one that has no size", three, 0, 0, "…"},
		{"200 hosts, of which those are shown that print something", fleetOf(200, "build", 17, 150, 199), 80, 9, `
h000  build      3m22s
h017  build      3m05s  building
h150  build        52s  building
h199  build         3s  building
and 196 more at work
switch 200 hosts, 3m23s: 200 at work`},
		{"names are as wide as a third of the terminal", "begun switch " + strings.Repeat("x", 60) + "\n" + strings.Repeat("x", 60) + " started build\n", 40, 24, `
xxxxxxxxxxxx…  build         0s
switch 1 host, 1s: 1 at work`},
		{"wide characters", "begun switch 東京\n東京 started build\n東京 output " + strings.Repeat("漢", 40) + "\\n\n", 40, 24, `
東京  build         1s  漢漢漢漢漢漢漢…
switch 1 host, 2s: 1 at work`},
		{"any bytes", "begun switch a\na started build\na output \\e[31mred\\e[2J\\e]0;title\\xff\\e\\\\ \\xff 50%\\r\\e[K100%\\n\n", 80, 24, `
a  build         1s  100%
switch 1 host, 2s: 1 at work`},
		{"a line without an end is none yet", "begun switch a\na started build\na output one\\ntwo\n", 80, 24, `
a  build         1s  one
switch 1 host, 2s: 1 at work`},
	} {
		s, at := stateOf(c.events)
		var got []string
		for _, line := range Layout(s, at, c.columns, c.rows) {
			got = append(got, line.Text)
			if widthOf(line.Text) >= max(c.columns, 2) {
				t.Errorf("%s: %q is as wide as the terminal", c.name, line.Text)
			}
		}
		if want := strings.TrimPrefix(c.want, "\n"); strings.Join(got, "\n") != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), want)
		}
	}
}

// However many hosts there are, the view leaves room on the terminal, and its last line is the summary.
func TestLayoutFits(t *testing.T) {
	s, at := stateOf(fleetOf(200, "activate"))
	for columns := 1; columns < 120; columns += 7 {
		for rows := 1; rows < 60; rows++ {
			lines := Layout(s, at, columns, rows)
			if len(lines) > rows || !lines[len(lines)-1].Summary {
				t.Errorf("%d lines of %d", len(lines), rows)
			}
		}
	}
}

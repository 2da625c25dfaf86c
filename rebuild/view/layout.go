package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"nixhop/rebuild/report"
)

// Line is one line of the view.
type Line struct {
	Text    string
	Summary bool
}

// Layout are the lines of a run at a time, on a terminal of so many columns and rows: those of the hosts that do
// something, as far as there is room, and at the bottom how far all of them are. A third of the terminal is left to
// what stands above. None is as wide as the terminal: some go to the next line by that.
func Layout(s *State, now time.Time, columns, rows int) []Line {
	columns = max(columns-1, 1)
	var working []*Host
	for _, h := range s.Hosts {
		if h.Stage == Working {
			working = append(working, h)
		}
	}
	room := max(rows-rows/3-1, 0)
	left := 0
	if len(working) > room {
		left = len(working) - max(room-1, 0)
		working = choose(working, max(room-1, 0))
	}
	lines := hostLines(working, now, columns)
	if left > 0 && room > 0 {
		lines = append(lines, Line{Text: cut(fmt.Sprintf("and %d more at work", left), columns)})
	}
	return append(lines, Line{Text: cut(summary(s, now), columns), Summary: true})
}

// choose are the hosts that there is room for, in their order: those that have printed something in their phase go
// first, and of these the ones that have been at it for longest, so that none of them comes and goes.
func choose(working []*Host, room int) []*Host {
	chosen := slices.Clone(working)
	slices.SortStableFunc(chosen, func(a, b *Host) int {
		if silent := cmp.Compare(min(len(b.last), 1), min(len(a.last), 1)); silent != 0 {
			return silent
		}
		return a.Since.Compare(b.Since)
	})
	chosen = chosen[:room]
	return slices.DeleteFunc(slices.Clone(working), func(h *Host) bool { return !slices.Contains(chosen, h) })
}

// Widths of columns, at most: a name as long as that is cut.
const (
	nameColumns  = 24
	phaseColumns = len(report.PhaseEvaluate)
	timeColumns  = len("59m59s")
)

// hostLines has a line for each host: its name, its phase, how long it has been in that, and the last line that it has
// printed.
func hostLines(hosts []*Host, now time.Time, columns int) []Line {
	widest := 0
	for _, h := range hosts {
		widest = max(widest, widthOf(shown(h.Name)))
	}
	widest = min(widest, nameColumns, max(columns/3, 1))
	var lines []Line
	for _, h := range hosts {
		text := fmt.Sprintf("%s  %s  %*s  %s", padded(shown(h.Name), widest), padded(string(h.Phase), phaseColumns),
			timeColumns, took(now.Sub(h.Since)), shown(h.Line()))
		lines = append(lines, Line{Text: cut(strings.TrimRight(text, " "), columns)})
	}
	return lines
}

// summary is how far all hosts are: "switch 200 hosts, 1m05s: 12 done, 1 failed, 10 at work, 87 waiting, 90 to begin".
func summary(s *State, now time.Time) string {
	var done, failed, stopped, left, working, waiting, unbegun int
	for _, h := range s.Hosts {
		switch {
		case h.Stage == Working:
			working++
		case h.Stage == Waiting && h.Began.IsZero():
			unbegun++
		case h.Stage == Waiting:
			waiting++
		case h.Result == report.Interrupted:
			stopped++
		case h.Failed():
			failed++
		case h.leftOut():
			left++
		default:
			done++
		}
	}
	var counts []string
	for _, c := range []struct {
		n    int
		what string
	}{{done, "done"}, {failed, "failed"}, {stopped, "stopped"}, {left, "left out"}, {working, "at work"}, {waiting, "waiting"}, {unbegun, "to begin"}} {
		if c.n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return fmt.Sprintf("%s %s, %s: %s", s.Action, report.CountOf(len(s.Hosts), "host"), took(now.Sub(s.Began)), strings.Join(counts, ", "))
}

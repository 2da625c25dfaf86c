package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// Ending is what is to be said at the end of a run of many hosts: of each that has failed the last that it has printed
// and why it failed, the same finding on many of them once, and a table of all.
func Ending(s *State) []report.Event {
	var alike, all []report.Event
	for _, h := range s.Hosts {
		if h.leftOut() {
			continue // what was to be said of it was said at once
		}
		if len(h.Told) > 0 && (!h.Failed() || len(h.last) == 0 && h.why() == "" && onlyFound(h.Told)) {
			alike = append(alike, h.Told...)
			continue
		}
		if h.Failed() {
			all = append(all, h.end()...)
		}
	}
	all = append(Grouped(alike), all...)
	if s.Deploys() {
		all = append(all, text("\n"+Table(s)))
	}
	return all
}

func onlyFound(all []report.Event) bool {
	return !slices.ContainsFunc(all, func(e report.Event) bool { return e.Kind != report.Found })
}

// end is what is to be said of a host that has failed.
func (h *Host) end() []report.Event {
	var all []report.Event
	if len(h.last) > 0 {
		all = append(all, text(h.tail()))
	}
	all = append(all, h.Told...)
	if why := h.why(); why != "" {
		all = append(all, text(why))
	}
	if h.Log != "" && h.Printed {
		all = append(all, text(fmt.Sprintf("nixhop: %s: its whole output: %s\n", shown(h.Name), nixexec.Printable(h.Log))))
	}
	if len(all) > 0 {
		all = slices.Insert(all, 0, text("\n"))
	}
	return all
}

// text is a text that is written as it is.
func text(s string) report.Event { return report.Event{Kind: report.Output, Text: s} }

// tail is the last that a host has printed, under a head.
func (h *Host) tail() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the end of its output (%s):\n", shown(h.Name), h.Phase)
	for _, line := range h.last {
		b.WriteString("  " + indented(line) + "\n")
	}
	return b.String()
}

// why is the error that has ended a host, as an error of the program looks.
func (h *Host) why() string {
	if !h.Failed() || h.Why == "" {
		return ""
	}
	first, hints, _ := strings.Cut(nixexec.PrintableLines(h.Why), "\n")
	for _, where := range []string{"on " + h.Name + ": ", h.Name + ": "} {
		first = strings.TrimPrefix(first, where)
	}
	told := "nixhop: " + shown(h.Name) + ": " + first + "\n"
	for hint := range splitLines(hints) {
		told += "  " + hint + "\n"
	}
	return told
}

// ended says that a host goes no further: "web1: done after 1m05s".
func (h *Host) ended() string {
	what := h.Result.String()
	if h.stopped() {
		what += " (" + string(h.Phase) + ")"
	}
	return fmt.Sprintf("%s: %s after %s", shown(h.Name), what, took(h.Since.Sub(h.Began)))
}

// column is one of the table.
type column struct {
	head string
	cell func(*Host) string
}

// columns are those behind the names and results. One that no host has anything for is left out.
var columns = [...]column{
	{"GENERATION", func(h *Host) string { return fromTo(number(h.Change.FromGeneration), number(h.Change.ToGeneration)) }},
	{"VERSION", func(h *Host) string { return fromTo(released(h.Change.FromVersion, h.Change.ToVersion)) }},
	{"SECONDS", (*Host).seconds},
	{"REBOOT", func(h *Host) string { return string(h.Change.Reboot) }},
}

// Table has a line for each host.
func Table(s *State) string {
	told := slices.DeleteFunc(slices.Clone(columns[:]), func(c column) bool {
		return !slices.ContainsFunc(s.Hosts, func(h *Host) bool { return c.cell(h) != "" })
	})
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	heads := []string{"HOST", "RESULT"}
	for _, c := range told {
		heads = append(heads, c.head)
	}
	fmt.Fprintln(t, strings.Join(heads, "\t"))
	for _, h := range s.Hosts {
		cells := []string{nixexec.Printable(h.Name), s.result(h)}
		for _, c := range told {
			cells = append(cells, cmp.Or(nixexec.Printable(c.cell(h)), "-"))
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	t.Flush()
	return b.String()
}

// result is what came of a host, and where it was stopped.
func (s *State) result(h *Host) string {
	if h.stopped() && !deploys(h.Phase) {
		return s.outcome(h) + " (" + string(h.Phase) + ")"
	}
	return s.outcome(h)
}

// outcome is what came of a host.
func (s *State) outcome(h *Host) string {
	switch {
	case h.Stage == Over:
		return h.Result.String()
	case h.Began.IsZero():
		return "not begun"
	case s.activates():
		return "not activated"
	default:
		return "not finished"
	}
}

func (h *Host) seconds() string {
	if h.Began.IsZero() || h.Stage == Working {
		return ""
	}
	return fmt.Sprint(int(max(h.Since.Sub(h.Began), 0).Round(time.Second).Seconds()))
}

// released are two versions of NixOS without the revisions of nixpkgs behind them (25.11.20260101.0123456), unless
// these are all that is different.
func released(from, to string) (shortFrom, shortTo string) {
	short := func(version string) string {
		parts := strings.SplitN(version, ".", 4)
		return strings.Join(parts[:min(len(parts), 3)], ".")
	}
	if from != to && short(from) == short(to) {
		return from, to
	}
	return short(from), short(to)
}

// number is a generation; 0 is none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// fromTo is what was there before and after: "41 -> 42".
func fromTo(from, to string) string {
	switch {
	case from == to || to == "":
		return from
	case from == "":
		return to
	default:
		return from + " -> " + to
	}
}

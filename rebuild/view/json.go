package view

import (
	"io"
	"log/slog"
	"strings"
	"time"

	"nixhop/rebuild/report"
)

// jsonVersion is that of the events. A field may come to be without a new one; none changes its meaning, and none goes.
const jsonVersion = 1

// JSON writes the events of a run, one object a line. The commands are left out: what was given to nix in words may be
// a secret.
type JSON struct {
	Out io.Writer

	pieces report.Pieces
}

// object is an event. Kinds says which of its fields an event of a kind has.
type object struct {
	V       int                  `json:"v"`
	Time    string               `json:"time"`
	Kind    string               `json:"kind"`
	Host    string               `json:"host,omitempty"`
	Action  string               `json:"action,omitempty"`
	Hosts   []string             `json:"hosts,omitempty"`
	Phase   report.Phase         `json:"phase,omitempty"`
	Result  string               `json:"result,omitempty"`
	Level   string               `json:"level,omitempty"`
	Text    string               `json:"text,omitempty"`
	Finding *report.CheckFinding `json:"finding,omitempty"`
	Change  *change              `json:"change,omitempty"`
	Seconds *float64             `json:"seconds,omitempty"`
	Log     string               `json:"log,omitempty"`
}

// change is a report.Change.
type change struct {
	FromGeneration int    `json:"from_generation,omitempty"`
	ToGeneration   int    `json:"to_generation,omitempty"`
	FromVersion    string `json:"from_version,omitempty"`
	ToVersion      string `json:"to_version,omitempty"`
	Reboot         string `json:"reboot,omitempty"`
}

// Kind documents the events of a kind.
type Kind struct {
	Name      string
	Fields    []string // beside v, time and kind
	Sometimes []string // fields that it may have
	Meaning   string
}

// endedKind is what came of a host, told at the end of the run.
const endedKind = "ended"

// Kinds are all kinds of events, in the order of a run. README and manual have them as a table.
func Kinds() []Kind {
	list := func(names string) []string { return strings.Fields(names) }
	return []Kind{
		{string(report.Begun), list("action hosts phase"), nil, "the run begins, with these hosts; phase is the last one that each is to go through"},
		{string(report.Started), list("host phase"), nil, "a host begins a phase: locate, connect, decide, evaluate, check, build, copy, activate, health"},
		{string(report.Output), list("host text"), nil, "a line that a program has printed for a host, without its end"},
		{string(report.Found), list("finding"), list("host"), "what a check has found, or what a failure means: name, severity, what, and where there are any, why, remedy (commands) and host (which it is about, where that is another one)"},
		{string(report.Said), list("level text"), list("host"), "a sentence of nixhop's own; level is info, warn or error"},
		{string(report.Printed), list("text"), list("host"), "a result, such as the store path of a system"},
		{string(report.Preview), list("hosts text"), nil, "what the activation would change on these hosts (`--diff`), in lines"},
		{string(report.Changed), list("host change"), nil, "what an activation has changed, as far as the host has told: from_generation, to_generation, from_version, to_version, reboot (yes: the new kernel, initrd, modules or systemd come to run, wholly at least, only after one)"},
		{string(report.Passed), list("host phase result"), list("text"), "a host has gone through a phase; where the result is not done, it goes no further, and text says why"},
		{endedKind, list("host result"), list("phase seconds log"), "at the end of the run, once for each host: what came of it, in which phase, after how long, and the file that its output is kept in"},
	}
}

// JSONTable is the table of events in Markdown, for the README.
func JSONTable() string {
	var b strings.Builder
	b.WriteString("| kind | fields | sometimes | meaning |\n|---|---|---|---|\n")
	code := func(names []string) string {
		if len(names) == 0 {
			return ""
		}
		return "`" + strings.Join(names, "`, `") + "`"
	}
	for _, k := range Kinds() {
		b.WriteString("| `" + k.Name + "` | " + code(k.Fields) + " | " + code(k.Sometimes) + " | " + k.Meaning + " |\n")
	}
	return b.String()
}

// Render writes an event. Those that nobody outside can make anything of are left out.
func (j *JSON) Render(e report.Event) error {
	var all []object
	switch e.Kind {
	case report.Ran, report.Paused, report.Resumed:
		return nil
	}
	if e.Kind == report.Passed {
		for line := range splitLines(j.pieces.End(e.Host)) {
			all = append(all, object{Kind: string(report.Output), Host: e.Host, Text: line})
		}
	}
	if e.Kind != report.Output {
		all = append(all, objectOf(e))
	} else {
		for line := range splitLines(j.pieces.Add(e.Host, e.Text)) {
			all = append(all, object{Kind: string(report.Output), Host: e.Host, Text: line})
		}
	}
	return j.write(e.Time, all)
}

// objectOf is an event as an object.
func objectOf(e report.Event) object {
	o := object{Kind: string(e.Kind), Host: e.Host, Phase: e.Phase}
	switch e.Kind {
	case report.Begun:
		o.Action, o.Hosts = e.Text, e.Hosts
	case report.Said:
		o.Level, o.Text = level(e.Level), e.Text
	case report.Preview:
		o.Hosts, o.Text = e.Hosts, strings.TrimSuffix(e.Text, "\n")
	case report.Printed:
		o.Text = strings.TrimSuffix(e.Text, "\n")
	case report.Passed:
		o.Result, o.Text = e.Result.String(), e.Text
	case report.Found:
		f := e.Finding
		o.Finding = &report.CheckFinding{Name: f.Name, Severity: f.Severity.String(), What: f.What, Why: f.Why, Remedy: e.Remedy}
		if f.Host != e.Host {
			o.Finding.Host = f.Host
		}
	case report.Changed:
		c := e.Change
		o.Change = &change{c.FromGeneration, c.ToGeneration, c.FromVersion, c.ToVersion, string(c.Reboot)}
	}
	return o
}

// level is how much a sentence matters.
func level(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warn"
	default:
		return "info"
	}
}

// End writes what came of each host.
func (j *JSON) End(s *State) error {
	var all []object
	for _, h := range s.Hosts {
		o := object{Kind: endedKind, Host: h.Name, Phase: h.Phase, Result: s.outcome(h), Log: h.Log}
		if !h.Began.IsZero() && h.Stage != Working {
			seconds := max(h.Since.Sub(h.Began), 0).Round(time.Millisecond).Seconds()
			o.Seconds = &seconds
		}
		all = append(all, o)
	}
	return j.write(time.Now(), all)
}

// write writes objects of a time.
func (j *JSON) write(at time.Time, all []object) error {
	for i := range all {
		all[i].V, all[i].Time = jsonVersion, at.UTC().Format(time.RFC3339Nano)
	}
	text, err := report.JSONLines(all)
	if err == nil && text != "" {
		_, err = io.WriteString(j.Out, text)
	}
	return err
}

package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/guard"
	"nixhop/rebuild/report"
)

// StatusRow is what a host has told of itself. What it has not told is empty.
type StatusRow struct {
	Host       string      `json:"host"`
	Version    string      `json:"version,omitempty"`   // of the running NixOS
	Runs       string      `json:"runs,omitempty"`      // store paths of systems
	Activated  *time.Time  `json:"activated,omitempty"` // when it was activated last, by the host's clock
	Boots      string      `json:"boots,omitempty"`     // next
	Booted     string      `json:"booted,omitempty"`
	BootedAt   *time.Time  `json:"booted_at,omitempty"`
	Generation int         `json:"generation,omitempty"` // that boots next
	Reboot     []string    `json:"reboot,omitempty"`     // the parts of what runs that only a boot brings
	Deploying  bool        `json:"deploying"`            // an activation is at work
	Last       *Deployment `json:"last,omitempty"`       // since the host has booted
	Failed     []string    `json:"failed"`               // units
}

// Deployment is an activation by nixhop that has come to its end.
type Deployment struct {
	Action string `json:"action"`
	System string `json:"system"`
	Well   bool   `json:"well"`
	Guard  string `json:"guard,omitempty"` // the last that its guard has told of itself
}

// StatusOf is the row of a host.
func StatusOf(name string, on facts.Host) StatusRow {
	s := on.System
	row := StatusRow{
		Host: name, Version: s.Version, Runs: s.Current, Boots: s.Profile, Booted: s.Booted, Generation: s.Generation, Reboot: s.Stale,
		Activated: timeOf(s.Activated), BootedAt: timeOf(s.BootedAt),
		Deploying: on.AtWork || slices.ContainsFunc(on.Switches, facts.Unit.Running), Failed: slices.Clone(on.Failed),
	}
	if row.Failed == nil {
		row.Failed = []string{}
	}
	if last := on.Last; last.Action != "" {
		row.Last = &Deployment{last.Action, last.Started, last.Well, last.Guard}
	}
	return row
}

// Text is the row for people, in lines under the name of the host, or as one line of JSON.
func (s StatusRow) Text(asJSON bool) (string, error) {
	if asJSON {
		line, err := json.Marshal(s)
		return string(line) + "\n", err
	}
	var b strings.Builder
	b.WriteString(s.Host + "\n")
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %-12s %s\n", name, text)
		}
	}
	line("runs", strings.TrimSpace(s.Runs+" "+s.Version)+when("activated", s.Activated))
	if s.Runs == "" {
		line("runs", "no NixOS, as far as it tells")
	}
	line("profile", s.against(s.Boots, fmt.Sprintf(" (generation %d)", s.Generation)))
	line("booted", s.against(s.Booted, when("at", s.BootedAt)))
	if len(s.Reboot) > 0 {
		line("reboot", "only a boot brings the new "+strings.Join(s.Reboot, ", "))
	}
	switch {
	case s.Deploying:
		line("deployment", "one is under way")
	case s.Last != nil:
		line("deployment", s.Last.text())
	}
	line("failed units", strings.Join(s.Failed, " "))
	return b.String(), nil
}

// timeOf is a time that a host has told; nil: it has not.
func timeOf(second int64) *time.Time {
	if second == 0 {
		return nil
	}
	t := time.Unix(second, 0).UTC()
	return &t
}

// when is a time here, in brackets behind what was then.
func when(what string, at *time.Time) string {
	if at == nil {
		return ""
	}
	return " (" + what + " " + at.Local().Format("2006-01-02 15:04:05") + ")"
}

// UnreachedRow is a host that has told nothing.
type UnreachedRow struct {
	Host  string `json:"host"`
	Error string `json:"error"` // why, in one line
}

// Unreached is the row of a host with what has ended the look at it.
func Unreached(name string, err error) UnreachedRow {
	why := err.Error()
	var refused *report.CheckError
	if errors.As(err, &refused) && len(refused.Findings) > 0 {
		why = refused.Findings[0].What
	}
	why, _, _ = strings.Cut(why, "\n")
	return UnreachedRow{name, nixexec.Printable(why)}
}

// Text is as that of a StatusRow.
func (u UnreachedRow) Text(asJSON bool) (string, error) {
	if !asJSON {
		return fmt.Sprintf("%s\n  %-12s %s\n", u.Host, "unknown", u.Error), nil
	}
	line, err := json.Marshal(u)
	return string(line) + "\n", err
}

// text is how a deployment ended, in words.
func (d Deployment) text() string {
	what := "the last " + d.Action + " by nixhop"
	switch {
	case d.Well:
		return what + " went well"
	case d.Guard == "armed":
		return what + ", of " + d.System + ", is not proved: unless it is, its guard brings the system before back"
	case d.Guard == guard.Restored:
		return what + ", of " + d.System + ", was taken back by its guard"
	}
	return what + ", of " + d.System + ", did not end well"
}

// against is a system beside the one that runs, with a word about it.
func (s StatusRow) against(system, about string) string {
	switch {
	case system == "":
		return ""
	case system == s.Runs:
		return "the same" + about
	}
	return system + about
}

package command

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/guard"
)

// StatusRow is what a host has told of itself. What it has not told is empty.
type StatusRow struct {
	Host       string      `json:"host"`
	Version    string      `json:"version,omitempty"` // of the running NixOS
	Runs       string      `json:"runs,omitempty"`    // store paths of systems
	Boots      string      `json:"boots,omitempty"`   // next
	Booted     string      `json:"booted,omitempty"`
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
	line("runs", strings.TrimSpace(s.Runs+" "+s.Version))
	if s.Runs == "" {
		line("runs", "no NixOS, as far as it tells")
	}
	line("profile", s.against(s.Boots, fmt.Sprintf(" (generation %d)", s.Generation)))
	line("booted", s.against(s.Booted, ""))
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

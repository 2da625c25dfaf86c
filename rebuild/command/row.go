package command

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/facts"
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
		row.Last = &Deployment{last.Action, last.Started, last.Well}
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
	line("boots next", s.against(s.Boots, fmt.Sprintf(" (generation %d)", s.Generation)))
	line("booted", s.against(s.Booted, ""))
	if len(s.Reboot) > 0 {
		line("reboot", "only a boot brings the new "+strings.Join(s.Reboot, ", "))
	}
	switch {
	case s.Deploying:
		line("deployment", "one is under way")
	case s.Last != nil && s.Last.Well:
		line("deployment", "the last "+s.Last.Action+" by nixhop went well")
	case s.Last != nil:
		line("deployment", "the last "+s.Last.Action+" by nixhop, of "+s.Last.System+", did not end well")
	}
	line("failed units", strings.Join(s.Failed, " "))
	return b.String(), nil
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

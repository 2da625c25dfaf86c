package generations

import (
	_ "embed"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

//go:embed generations.sh
var script string

// Generation is one generation of a system profile, with what nixos-rebuild-ng prints of it, under the same names
// (models.py: GenerationJson). What could not be found out is "Unknown", as there.
type Generation struct {
	Number          int      `json:"generation"`
	Date            string   `json:"date"` // in the time of the host: "2025-06-01 12:00:00"
	Version         string   `json:"nixosVersion"`
	Kernel          string   `json:"kernelVersion"`
	Revision        string   `json:"configurationRevision"`
	Specialisations []string `json:"specialisations"`
	Current         bool     `json:"current"`
}

// Script is what goes to the standard input of /bin/sh on the host, to have it tell the generations of a profile, as
// --profile-name names it.
func Script(profile string) string {
	return nixexec.Assignments([2]string{"profile", facts.ProfilePath(profile)}, nixexec.HostPrograms()) + script
}

// Bounds of what a host may tell, whatever it sends.
const (
	mostGenerations = 10000
	valueBytes      = 200
	dateBytes       = 19 // as far as seconds
)

// ErrCut says that a host has not told all of its generations.
var ErrCut = errors.New("the host's answer has no end")

// Parse reads what Script prints, the newest generation first. The error is ErrCut.
func Parse(out string) ([]Generation, error) {
	all, ended := []Generation{}, false
	for line := range strings.Lines(out) {
		key, value, isPair := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		value = strings.TrimSpace(nixexec.Printable(value[:min(len(value), valueBytes)]))
		n, err := strconv.Atoi(value)
		switch {
		case !isPair || ended:
		case key == "ended":
			ended = true
		case key == "generation" && err == nil && len(all) < mostGenerations:
			all = append(all, Generation{
				Number: n, Date: unknown, Version: unknown, Kernel: unknown, Revision: unknown, Specialisations: []string{},
			})
		case len(all) > 0 && value != "":
			all[len(all)-1].tell(key, value)
		}
	}
	if !ended {
		return nil, ErrCut
	}
	slices.Reverse(all)
	return all, nil
}

// unknown stands for what a host does not tell.
const unknown = "Unknown"

// tell takes one fact of a generation.
func (g *Generation) tell(key, value string) {
	switch key {
	case "date":
		g.Date = value[:min(len(value), dateBytes)]
	case "version":
		g.Version = value
	case "kernel":
		g.Kernel = value
	case "revision":
		g.Revision = value
	case "specialisation":
		g.Specialisations = append(g.Specialisations, value)
	case "current":
		g.Current = value == "yes"
	}
}

// Text is what is printed of the generations of a host: a table, or JSON as nixos-rebuild-ng has it. Of one of several
// hosts they stand under its name, and in JSON beside it, an object a line; an empty name: there is one.
func Text(host string, all []Generation, asJSON bool) (string, error) {
	if !asJSON {
		return report.Headed(host, table(all)), nil
	}
	if host == "" {
		text, err := json.MarshalIndent(all, "", "  ")
		return string(text) + "\n", err
	}
	line, err := json.Marshal(struct {
		Host        string       `json:"host"`
		Generations []Generation `json:"generations"`
	}{host, all})
	return string(line) + "\n", err
}

// table has the columns of nixos-rebuild-ng, left-aligned.
func table(all []Generation) string {
	rows := [][]string{{"Generation", "Build-date", "NixOS version", "Kernel", "Configuration Revision", "Specialisation", "Current"}}
	for _, g := range all {
		current := ""
		if g.Current {
			current = "True"
		}
		rows = append(rows, []string{
			strconv.Itoa(g.Number), g.Date, g.Version, g.Kernel, g.Revision, "[" + strings.Join(g.Specialisations, ", ") + "]", current,
		})
	}
	return columns(rows)
}

// columns are rows as a table, two blanks between the columns.
func columns(rows [][]string) string {
	var text strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			width := 0
			for _, other := range rows {
				width = max(width, len([]rune(other[i])))
			}
			line += cell + strings.Repeat(" ", width-len([]rune(cell))+2)
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return text.String()
}

package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"

	"nixhop/nixexec"
)

// CheckRow is one host in the result of `nixhop check --json`, one object a line.
type CheckRow struct {
	Host          string         `json:"host"`
	Address       string         `json:"address,omitempty"`
	Configuration string         `json:"configuration,omitempty"`
	System        string         `json:"system,omitempty"` // of the host: "Linux x86_64"
	NixOS         string         `json:"nixos,omitempty"`  // its version
	Result        string         `json:"result"`           // "ok", "note", "warning" or "error"
	Findings      []CheckFinding `json:"findings"`
}

// CheckFinding is a Finding in JSON.
type CheckFinding struct {
	Name     string   `json:"name"`
	Host     string   `json:"host,omitempty"` // which it is about, where that is another one than the row's: the build host, or "here" for this machine
	Severity string   `json:"severity"`
	What     string   `json:"what"`
	Why      string   `json:"why,omitempty"`
	Remedy   []string `json:"remedy,omitempty"`
}

// NewCheckRow is the row of a host, as typed, that is called alias by its findings; the worst of these first.
func NewCheckRow(host, alias string, found []Finding, call Call) CheckRow {
	row := CheckRow{Host: host, Result: "ok", Findings: []CheckFinding{}}
	for i, f := range BySeverity(found) {
		if i == 0 {
			row.Result = f.Severity.String()
		}
		about := f.Host
		if about == alias {
			about = ""
		}
		row.Findings = append(row.Findings, CheckFinding{f.Name, about, f.Severity.String(), f.What, f.Why, call.Lines(f.Remedy)})
	}
	return row
}

// CheckResult is a *CheckError where a row has an error.
func CheckResult(rows []CheckRow) error {
	var all []Finding
	for _, row := range rows {
		for _, f := range row.Findings {
			if f.Severity == Error.String() {
				all = append(all, Finding{Name: f.Name, Severity: Error, Host: row.Host, What: f.What})
			}
		}
	}
	return Refuse(all)
}

// CheckTable is what was found about each host, the worst first, in lines of so many columns (0: no limit), and at the
// end a table with a line for each: on a terminal it is what stays in sight.
func CheckTable(rows []CheckRow, columns int) string {
	var text strings.Builder
	told := map[string]bool{}
	for _, row := range rows {
		for _, f := range row.Findings {
			line := f.line(row.Host)
			if told[line] {
				continue // what is found here is found for every host
			}
			told[line] = true
			text.WriteString(Block(nixexec.Printable(line), nixexec.Printable(f.Why), f.Remedy, columns) + "\n")
		}
	}
	t := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "HOST\tADDRESS\tCONFIGURATION\tRUNS\tRESULT")
	for _, row := range rows {
		tableLine(t, row.Host, row.Address, row.Configuration, row.runs(), row.Result)
	}
	t.Flush()
	return text.String()
}

// line is the first line of a finding in the row of a host.
func (f CheckFinding) line(host string) string {
	what := f.What
	switch f.Host {
	case "":
	case Here:
		host = Here
	default:
		what = f.Host + ": " + what
	}
	return fmt.Sprintf("%s: %s: %s [%s]", host, f.Severity, what, f.Name)
}

// runs is what the host runs, short enough for the table: the release of NixOS, without the revision of nixpkgs behind
// it (25.11.20260101.0123456), else the kernel.
func (row CheckRow) runs() string {
	parts := strings.SplitN(row.NixOS, ".", 3)
	if len(parts) < 2 {
		return row.System
	}
	return "NixOS " + parts[0] + "." + parts[1]
}

// BySeverity returns the findings with the worst first, otherwise in their order.
func BySeverity(found []Finding) []Finding {
	sorted := slices.Clone(found)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) })
	return sorted
}

// Text is a table of rows, or one JSON object a line.
func Text[Row any](rows []Row, asJSON bool, table func([]Row) string) (string, error) {
	if asJSON {
		return JSONLines(rows)
	}
	return table(rows), nil
}

// CheckText is CheckTable of rows, or one JSON object a line.
func CheckText(rows []CheckRow, asJSON bool, columns int) (string, error) {
	return Text(rows, asJSON, func(rows []CheckRow) string { return CheckTable(rows, columns) })
}

// JSONLines is one object a line.
func JSONLines[Row any](rows []Row) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	for _, row := range rows {
		if err := encoder.Encode(row); err != nil {
			return "", err
		}
	}
	return printableJSON(text.String()), nil
}

// printableJSON is the same JSON with every letter written out that a terminal would not show as one: encoding/json
// leaves those of Unicode as they are.
func printableJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// tableLine writes one line of a table: a dash stands for what there is not.
func tableLine(w io.Writer, cells ...string) {
	for i, cell := range cells {
		cells[i] = cmp.Or(nixexec.Printable(cell), "-")
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

package rebuild

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/report"
)

// printCheck prints what was found about each host, the worst first, and at the end a table with a line for each: on a terminal
// it is what stays in sight.
func (s *Session) printCheck(rows []CheckRow) {
	var text strings.Builder
	told := map[string]bool{}
	columns := nixexec.Columns(s.Stdio.Out)
	for _, row := range rows {
		for _, f := range row.Findings {
			line := f.line(row.Host)
			if told[line] {
				continue // what is found here is found for every host
			}
			told[line] = true
			text.WriteString(report.Block(line, f.Why, f.Remedy, columns) + "\n")
		}
	}
	t := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "HOST\tADDRESS\tCONFIGURATION\tRUNS\tRESULT")
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", row.Host, dash(row.Address), dash(row.Configuration), dash(row.runs()), row.Result)
	}
	t.Flush()
	s.print(text.String())
}

// line is the first line of a finding in the row of a host.
func (f CheckFinding) line(host string) string {
	what := f.What
	switch f.Host {
	case "":
	case check.HereName:
		host = check.HereName
	default:
		what = f.Host + ": " + what
	}
	return fmt.Sprintf("%s: %s: %s [%s]", host, f.Severity, what, f.Name)
}

// runs is what the host runs, short enough for the table: the release of NixOS, without the revision of nixpkgs behind it
// (25.11.20260101.0123456), else the kernel.
func (row CheckRow) runs() string {
	parts := strings.SplitN(row.NixOS, ".", 3)
	if len(parts) < 2 {
		return row.System
	}
	return "NixOS " + parts[0] + "." + parts[1]
}

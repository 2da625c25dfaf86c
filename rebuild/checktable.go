package rebuild

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
)

// printCheck prints a line for each host, and under it what was found, the worst first.
func (s *Session) printCheck(rows []CheckRow) {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "HOST\tADDRESS\tCONFIGURATION\tRUNS\tRESULT")
	for _, row := range rows {
		runs := row.NixOS
		if runs == "" {
			runs = row.System
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", row.Host, dash(row.Address), dash(row.Configuration), dash(runs), row.Result)
	}
	t.Flush()
	s.print(table.String())
	for _, row := range rows {
		for _, f := range row.Findings {
			s.print(fmt.Sprintf("\n%s: %s: %s [%s]\n", row.Host, f.Severity, f.What, f.Name))
			if f.Why != "" {
				s.print("  " + f.Why + "\n")
			}
			for _, line := range f.Remedy {
				s.print("    " + line + "\n")
			}
		}
	}
}

func asCheck(err error, target **CheckError) bool { return errors.As(err, target) }

package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// HostRow is one alias in the inventory, as `nixhop hosts --json` prints it, one object a line.
type HostRow struct {
	Alias         string   `json:"alias"`
	Address       string   `json:"address"`                 // user@hostname:port
	Via           string   `json:"via,omitempty"`           // jump hosts, or the proxy command
	Configuration string   `json:"configuration,omitempty"` // in the flake here; empty: none
	From          string   `json:"from,omitempty"`          // why this configuration: "hint" or "alias"
	Tags          []string `json:"tags,omitempty"`
	File          string   `json:"file"`
	Line          int      `json:"line"`
	Error         string   `json:"error,omitempty"` // why ssh does not take the alias
}

// HostTable is the inventory as a table.
func HostTable(rows []HostRow) string {
	if len(rows) == 0 {
		return ""
	}
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ALIAS\tADDRESS\tVIA\tCONFIGURATION\tTAGS\tFILE")
	for _, row := range rows {
		address := row.Address
		if row.Error != "" {
			address = "! " + row.Error
		}
		tableLine(t, row.Alias, address, row.Via, row.Configuration, strings.Join(row.Tags, ","), fmt.Sprintf("%s:%d", row.File, row.Line))
	}
	t.Flush()
	return text.String()
}

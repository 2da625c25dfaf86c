package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// HostRow is one alias of the ssh config, or a node of another inventory, as `nixhop hosts --json` prints it, one
// object a line.
type HostRow struct {
	Alias         string   `json:"alias"`
	Address       string   `json:"address"`                 // user@hostname:port
	Via           string   `json:"via,omitempty"`           // jump hosts, or the proxy command
	Configuration string   `json:"configuration,omitempty"` // in the flake here; empty: none
	From          string   `json:"from,omitempty"`          // why this configuration: "hint", "alias", or the inventory
	Inventory     string   `json:"inventory,omitempty"`     // where that stands: "flake", "colmena"
	Tags          []string `json:"tags,omitempty"`
	File          string   `json:"file"` // of the ssh config; empty: it stands in none
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
	fmt.Fprintln(t, "ALIAS\tADDRESS\tVIA\tCONFIGURATION\tINVENTORY\tTAGS\tFILE")
	for _, row := range rows {
		address := row.Address
		if row.Error != "" {
			address = "! " + row.Error
		}
		file := ""
		if row.File != "" {
			file = fmt.Sprintf("%s:%d", row.File, row.Line)
		}
		tableLine(t, row.Alias, address, row.Via, row.Configuration, row.Inventory, strings.Join(row.Tags, ","), file)
	}
	t.Flush()
	return text.String()
}

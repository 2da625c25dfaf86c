package report

import (
	"slices"
	"strings"
	"testing"
)

// A row stands once, with its severities from the worst on, and a meaning that fits into a table of the README.
func TestFindingsTable(t *testing.T) {
	rows := Specs()
	for i, row := range rows {
		if slices.IndexFunc(rows, func(s Spec) bool { return s.Name == row.Name }) != i {
			t.Errorf("finding %q stands in the table twice", row.Name)
		}
		worstFirst := slices.IsSortedFunc(row.Severities, func(a, b Severity) int { return int(b) - int(a) })
		if !worstFirst || len(row.Severities) == 0 {
			t.Errorf("finding %q: severities %v", row.Name, row.Severities)
		}
		if row.Meaning == "" || strings.HasSuffix(row.Meaning, ".") || strings.Contains(row.Meaning, "|") {
			t.Errorf("finding %q: meaning %q", row.Name, row.Meaning)
		}
	}
}

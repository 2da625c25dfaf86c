package rebuild

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"nixhop/rebuild/report"
)

// severityNames are the severities, as the sources call them.
var severityNames = map[string]report.Severity{
	"Note": report.Note, "Warning": report.Warning, "Error": report.Error,
}

// madeFinding is a finding that the sources make.
type madeFinding struct {
	path     string
	name     string
	severity string // as it stands there; empty: it comes from elsewhere
}

// Every finding that is made stands in the table with its severity, and every row is made somewhere with each of its
// severities that stands in the sources at all.
func TestFindingsTable(t *testing.T) {
	made := map[string][]string{}
	for _, f := range sources(t) {
		for _, m := range findingsOf(f) {
			made[m.name] = append(made[m.name], m.severity)
			for _, wrong := range wrongFinding(m) {
				t.Error(wrong)
			}
		}
	}
	if len(made) < 30 {
		t.Errorf("the sources make %d findings, and were not understood", len(made))
	}
	for _, row := range report.Specs() {
		severities, found := made[row.Name]
		if !found {
			t.Errorf("finding %q of the table is made nowhere", row.Name)
		}
		for _, s := range row.Severities {
			word := strings.ToUpper(s.String()[:1]) + s.String()[1:]
			if !slices.Contains(severities, word) && !slices.Contains(severities, "") {
				t.Errorf("finding %q of the table is nowhere made as %s", row.Name, s)
			}
		}
	}
}

// wrongFinding says what of a finding is against the table.
func wrongFinding(m madeFinding) []string {
	row, found := report.FindSpec(m.name)
	severity, constant := severityNames[m.severity]
	switch {
	case !found:
		return []string{fmt.Sprintf("%s: finding %q is missing in the table", m.path, m.name)}
	case constant && !slices.Contains(row.Severities, severity):
		return []string{fmt.Sprintf("%s: finding %q is made as %s, which the table has not", m.path, m.name, severity)}
	}
	return nil
}

// findingsOf are the findings that a file makes: the names of Finding literals, and of `found.Name = ...`, each with
// the severity that stands beside it as a constant. One that is the only one of its function also has those that are
// assigned there.
func findingsOf(f sourceFile) []madeFinding {
	var all []madeFinding
	for _, declaration := range f.tree.Decls {
		var made []madeFinding
		var assigned []string
		ast.Inspect(declaration, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				for _, literal := range findingLiterals(n) {
					if m := readFinding(literal); m.name != "" {
						made = append(made, m)
					}
				}
			case *ast.AssignStmt:
				left, ok := n.Lhs[0].(*ast.SelectorExpr)
				if !ok || lastName(left.X) != "found" {
					return true
				}
				name, severity := constantText(n.Rhs[0]), severityName(n.Rhs[0])
				switch {
				case left.Sel.Name == "Name" && name != "":
					made = append(made, madeFinding{name: name})
				case left.Sel.Name == "Severity" && severity != "":
					assigned = append(assigned, severity)
				}
			}
			return true
		})
		if len(made) == 1 {
			for _, severity := range assigned {
				made = append(made, madeFinding{name: made[0].name, severity: severity})
			}
		}
		all = append(all, made...)
	}
	for i := range all {
		all[i].path = f.path
	}
	return all
}

// readFinding reads a literal. One whose name is no constant has none.
func readFinding(literal *ast.CompositeLit) (m madeFinding) {
	for _, e := range literal.Elts {
		pair, _ := e.(*ast.KeyValueExpr)
		switch {
		case pair == nil:
			m.name = "without the names of its fields"
		case lastName(pair.Key) == "Name":
			m.name = constantText(pair.Value)
		case lastName(pair.Key) == "Severity":
			m.severity = severityName(pair.Value)
		}
	}
	return m
}

// findingLiterals returns Finding{...} itself, or the elements of []Finding{{...}}.
func findingLiterals(literal *ast.CompositeLit) []*ast.CompositeLit {
	switch kind := literal.Type.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		if lastName(kind) == "Finding" {
			return []*ast.CompositeLit{literal}
		}
	case *ast.ArrayType:
		if lastName(kind.Elt) != "Finding" {
			return nil
		}
		var all []*ast.CompositeLit
		for _, e := range literal.Elts {
			if inner, ok := e.(*ast.CompositeLit); ok && inner.Type == nil {
				all = append(all, inner)
			}
		}
		return all
	}
	return nil
}

// constantText is a string that stands there, or "".
func constantText(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(literal.Value)
	return text
}

// severityName is a severity that stands there, or "".
func severityName(e ast.Expr) string {
	name := lastName(e)
	if _, known := severityNames[name]; !known {
		return ""
	}
	return name
}

// lastName is the name in an identifier, or behind the package.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// A finding that the table has not, or not so, is found in a source.
func TestFindingsRefused(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{`var a = report.Finding{Name: "host-name", Severity: report.Error}`, 0},
		{`var a = report.Finding{Name: "host-name", Severity: report.Warning}`, 1},
		{`var a = report.Finding{Name: "host-mane", Severity: report.Error}`, 1},
		{`var a = Finding{Name: "host-mane"}`, 1},
		{`var a = []Finding{{Name: "agent", Severity: report.Note}, {Name: "agent", Severity: report.Error}}`, 1},
		{`var a = report.Finding{"agent", report.Note}`, 1},
		{`func f() { found := Finding{Name: "git-owner", Severity: report.Error}; found.Severity = report.Note }`, 1},
		{`func f() { found := Finding{Name: "git-owner", Severity: report.Error}; found.Severity = Warning }`, 0},
		{`func f() { found.Name = "host-mane" }`, 1},
	} {
		var wrong []string
		for _, m := range findingsOf(sourceOf(t, "rebuild/check", "package made\n"+c.text)) {
			wrong = append(wrong, wrongFinding(m)...)
		}
		if len(wrong) != c.want {
			t.Errorf("%s: %q, want %d", c.text, wrong, c.want)
		}
	}
}

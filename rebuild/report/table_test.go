package report

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every finding that is made stands in the table with its severity, and every row is made somewhere.
func TestFindingsTable(t *testing.T) {
	made := madeFindings(t)
	for name, severities := range made {
		row, found := FindSpec(name)
		if !found {
			t.Errorf("finding %q is missing in the table", name)
		}
		for _, s := range severities {
			if found && !slices.Contains(row.Severities, s) {
				t.Errorf("finding %q is made as %s, the table has %v", name, s, row.Severities)
			}
		}
	}
	rows := Specs()
	for i, row := range rows {
		if made[row.Name] == nil {
			t.Errorf("finding %q of the table is made nowhere", row.Name)
		}
		if slices.IndexFunc(rows, func(f Spec) bool { return f.Name == row.Name }) != i {
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

// madeFindings reads the sources of all rooms: the names of Finding literals, and of `found.Name = ...`, with the
// severities that stand beside them as a constant.
func madeFindings(t *testing.T) map[string][]Severity {
	t.Helper()
	files, _ := filepath.Glob("../*.go")
	rooms, _ := filepath.Glob("../*/*.go")
	made := map[string][]Severity{}
	for _, path := range append(files, rooms...) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := goparser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				for _, literal := range findingLiterals(n) {
					addLiteral(t, made, path, literal)
				}
			case *ast.AssignStmt:
				addAssigned(made, n)
			}
			return true
		})
	}
	return made
}

// findingLiterals returns Finding{...} itself, or the elements of []Finding{{...}}.
func findingLiterals(literal *ast.CompositeLit) []*ast.CompositeLit {
	switch kind := literal.Type.(type) {
	case *ast.SelectorExpr:
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

func addLiteral(t *testing.T, made map[string][]Severity, path string, literal *ast.CompositeLit) {
	t.Helper()
	var name string
	var severities []Severity
	for _, e := range literal.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			t.Errorf("%s: a Finding without the names of its fields", path)
			continue
		}
		switch pair.Key.(*ast.Ident).Name {
		case "Name":
			if text, ok := stringConstant(pair.Value); ok {
				name = text
			}
		case "Severity":
			severities = severityConstant(pair.Value)
		}
	}
	if name != "" {
		made[name] = append(made[name], severities...)
		if made[name] == nil {
			made[name] = []Severity{}
		}
	}
}

func addAssigned(made map[string][]Severity, n *ast.AssignStmt) {
	left, ok := n.Lhs[0].(*ast.SelectorExpr)
	if !ok || left.Sel.Name != "Name" {
		return
	}
	if finding, ok := left.X.(*ast.Ident); !ok || finding.Name != "found" {
		return
	}
	if name, ok := stringConstant(n.Rhs[0]); ok && made[name] == nil {
		made[name] = []Severity{}
	}
}

func stringConstant(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}

func severityConstant(e ast.Expr) []Severity {
	name := lastName(e)
	for _, s := range []Severity{Note, Warning, Error} {
		if strings.EqualFold(name, s.String()) {
			return []Severity{s}
		}
	}
	return nil
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

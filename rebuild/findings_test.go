package rebuild

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestFindingsTable: every finding that the package makes stands in the table with its severity, and every row is made somewhere.
func TestFindingsTable(t *testing.T) {
	made := madeFindings(t)
	for name, severities := range made {
		row, found := FindFinding(name)
		if !found {
			t.Errorf("finding %q is missing in the table", name)
		}
		for _, s := range severities {
			if found && !slices.Contains(row.Severities, s) {
				t.Errorf("finding %q is made as %s, the table has %v", name, s, row.Severities)
			}
		}
	}
	rows := FindingSpecs()
	for i, row := range rows {
		if made[row.Name] == nil {
			t.Errorf("finding %q of the table is made nowhere", row.Name)
		}
		if slices.IndexFunc(rows, func(f FindingSpec) bool { return f.Name == row.Name }) != i {
			t.Errorf("finding %q stands in the table twice", row.Name)
		}
		if !slices.IsSortedFunc(row.Severities, func(a, b Severity) int { return int(b) - int(a) }) || len(row.Severities) == 0 {
			t.Errorf("finding %q: severities %v", row.Name, row.Severities)
		}
		if row.Meaning == "" || strings.HasSuffix(row.Meaning, ".") || strings.Contains(row.Meaning, "|") {
			t.Errorf("finding %q: meaning %q", row.Name, row.Meaning)
		}
	}
}

// madeFindings reads the package's sources: the names of Finding literals, and of `found.Name = ...`, with the severities that stand
// beside them as a constant.
func madeFindings(t *testing.T) map[string][]Severity {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string][]Severity{}
	for _, path := range files {
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
	case *ast.Ident:
		if kind.Name == "Finding" {
			return []*ast.CompositeLit{literal}
		}
	case *ast.ArrayType:
		element, ok := kind.Elt.(*ast.Ident)
		if !ok || element.Name != "Finding" {
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
	name, ok := e.(*ast.Ident)
	if !ok {
		return nil
	}
	for _, s := range []Severity{Note, Warning, Error} {
		if strings.EqualFold(name.Name, s.String()) {
			return []Severity{s}
		}
	}
	return nil
}

const readme = "../README.md"

// TestReadmeFindings: the README has the table as the code has it; -update writes it there.
func TestReadmeFindings(t *testing.T) {
	const begin, end = "<!-- findings -->\n", "<!-- end of findings -->"
	text := readReadme(t)
	before, rest, found := strings.Cut(text, begin)
	table, after, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s has no %q with %q behind it", readme, begin, end)
	}
	if want := "\n" + FindingsTable() + "\n"; table != want {
		if *update {
			if err := os.WriteFile(readme, []byte(before+begin+want+end+after), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("%s has another table of findings; write it anew: go test ./rebuild -run TestReadmeFindings -update\n%s", readme, want)
	}
}

// TestReadmeExitStatuses: the README's table is the one of the program.
func TestReadmeExitStatuses(t *testing.T) {
	table := "| code | meaning |\n|---|---|\n"
	for _, s := range ExitStatuses() {
		table += "| " + s.Code + " | " + s.Meaning + " |\n"
	}
	if !strings.Contains(readReadme(t), "\n## Exit status\n\n"+table+"\n") {
		t.Errorf("%s has another table of exit statuses than\n%s", readme, table)
	}
}

// TestReadmeFlags: every flag in a table of the README exists.
func TestReadmeFlags(t *testing.T) {
	word := regexp.MustCompile("`[^`]*`")
	named := 0
	for line := range strings.Lines(readReadme(t)) {
		if !strings.HasPrefix(line, "| `-") {
			continue
		}
		first, _, _ := strings.Cut(line[2:], "|")
		for _, code := range word.FindAllString(first, -1) {
			flag := strings.Fields(strings.Trim(code, "`"))[0]
			if _, found := FindFlag(flag); !found {
				t.Errorf("%s names %q, which is no flag", readme, flag)
			}
			named++
		}
	}
	if named == 0 {
		t.Errorf("%s has no table of flags", readme)
	}
}

func readReadme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

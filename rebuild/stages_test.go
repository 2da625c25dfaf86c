package rebuild

import (
	"fmt"
	"go/ast"
	"go/importer"
	goparser "go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type maker struct{ from, method, to, file string }

// makers say which method takes a host from one stage to the next, and in which file that is made.
var makers = []maker{
	{"", "", "Placed", "run.go"},
	{"Placed", "locate", "Located", "locate.go"},
	{"Located", "connect", "Connected", "connect.go"},
	{"Connected", "decide", "Decided", "decide.go"},
	{"Decided", "tell", "Told", "tell.go"},
	{"Told", "check", "Checked", "check.go"},
	{"Checked", "build", "Built", "build.go"},
	{"Built", "copy", "Copied", "copy.go"},
	{"Copied", "activate", "Activated", "activate.go"},
	{"Checked", "whole", "Activated", "activate.go"},
	{"Activated", "prove", "Healthy", "prove.go"},
}

// sketches are the files that make stages of what is not looked at. None of these hosts is deployed: they are
// printed, their generations are shown, they get their keys alone, or (decide.go) they are asked for their names alone,
// with what was found by then.
var sketches = map[string][]string{
	"plan.go":        {"Located", "Connected", "Decided", "Told", "Checked"},
	"generations.go": {"Located"},
	"uploadkeys.go":  {"Told", "Checked"},
	"decide.go":      {"Located"},
}

// takenBack are fields of an earlier stage that a later one changes: only the look at both tells that the build host
// is the target.
var takenBack = map[string][]string{"Connected": {"Place", "Builder"}}

// conductor is the package rebuild, type-checked.
type conductor struct {
	set   *token.FileSet
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
	wrong []types.Error
}

// exported finds what the compiler has exported of the packages that rebuild imports.
func exported(t *testing.T) types.Importer {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".")
	list.Env, list.Stderr = append(os.Environ(), "GOPROXY=off"), os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{}
	for line := range strings.Lines(string(out)) {
		imported, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		paths[imported] = path
	}
	open := func(imported string) (io.ReadCloser, error) { return os.Open(paths[imported]) }
	return importer.ForCompiler(token.NewFileSet(), "gc", open)
}

// checkTypes type-checks the package with one more file in it.
func checkTypes(t *testing.T, imports types.Importer, more string) *conductor {
	t.Helper()
	c := &conductor{set: token.NewFileSet(), info: &types.Info{
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{},
	}}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	add := func(name string, text any) {
		file, err := goparser.ParseFile(c.set, name, text, goparser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, file)
	}
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			add(path, nil)
		}
	}
	add(madeUp, "package rebuild\n"+more)
	check := types.Config{Importer: imports, Error: func(err error) { c.wrong = append(c.wrong, err.(types.Error)) }}
	c.pkg, _ = check.Check("nixhop/rebuild", c.set, c.files, c.info)
	for _, wrong := range c.wrong {
		if at := c.set.Position(wrong.Pos); at.Filename != madeUp {
			t.Fatalf("%s: %s", at, wrong.Msg)
		}
	}
	return c
}

const madeUp = "made-up.go"

// wrongLines are the lines of the additional file that do not compile, from 1 behind its package clause.
func (c *conductor) wrongLines() map[int]string {
	lines := map[int]string{}
	for _, wrong := range c.wrong {
		lines[c.set.Position(wrong.Pos).Line-1] = wrong.Msg
	}
	return lines
}

// No stage but the right one can be taken on: a host that was not checked cannot be built, one that was not copied
// cannot be activated, and so on.
func TestStagesOrder(t *testing.T) {
	lines := []string{`import "context"`, "func order(ctx context.Context, r *Run) {"}
	right := map[int]bool{1: true, 2: true}
	for _, m := range makers[1:] {
		for _, other := range makers {
			line := "{ var out %s; var err error; out, err = r.%s(ctx, %s{}); _, _ = out, err }"
			lines = append(lines, fmt.Sprintf(line, m.to, m.method, other.to))
			right[len(lines)] = other.to == m.from
		}
	}
	lines = append(lines,
		"{ var told []Told; _ = each(ctx, r, \"\", 1, told, r.build) }",
		"{ var checked []Checked; _ = each(ctx, r, \"\", 1, checked, r.activate) }",
		"{ var built []Built; each(ctx, r, \"\", 1, each(ctx, r, \"\", 1, built, r.copy), r.build) }",
		"{ var built []Built; each(ctx, r, \"\", 1, each(ctx, r, \"\", 1, built, r.copy), r.activate) }",
		"}")
	right[len(lines)-1], right[len(lines)] = true, true
	wrong := checkTypes(t, exported(t), strings.Join(lines, "\n")).wrongLines()
	for i, line := range lines {
		message, refused := wrong[i+1]
		if refused == right[i+1] {
			t.Errorf("%s\nrefused: %v %s", line, refused, message)
		}
	}
}

// stageOf is the name of the stage that a type is, or a pointer to it, or "".
func stageOf(kind types.Type) string {
	if kind == nil {
		return ""
	}
	if pointer, ok := kind.Underlying().(*types.Pointer); ok {
		kind = pointer.Elem()
	}
	named, ok := kind.(*types.Named)
	if !ok || !slices.ContainsFunc(makers, func(m maker) bool { return m.to == named.Obj().Name() }) {
		return ""
	}
	return named.Obj().Name()
}

// madeIn reports whether a file is one that makes a stage.
func madeIn(file, stage string) bool {
	makes := func(m maker) bool { return m.to == stage && m.file == file }
	return slices.Contains(sketches[file], stage) || slices.ContainsFunc(makers, makes)
}

// fieldOfStage is the field of a stage that an expression is, or lies in.
func (c *conductor) fieldOfStage(e ast.Expr) (*ast.SelectorExpr, *types.Selection) {
	for {
		left, _ := ast.Unparen(e).(*ast.SelectorExpr)
		if left == nil || c.info.Selections[left] == nil || c.info.Selections[left].Kind() != types.FieldVal {
			return nil, nil
		}
		if chosen := c.info.Selections[left]; stageOf(chosen.Recv()) != "" {
			return left, chosen
		}
		e = left.X
	}
}

// changes are the places where a stage is made or changed elsewhere than in the file that makes it, where a field of
// an earlier stage is changed in a later one, and where a stage is reached by a pointer: that is what a method with a
// pointer receiver and an address of a field do.
func (c *conductor) changes() []string {
	var wrong []string
	for _, file := range c.files {
		name := c.set.Position(file.Pos()).Filename
		add := func(at ast.Node, format string, args ...any) {
			wrong = append(wrong, fmt.Sprintf("%s: %s", c.set.Position(at.Pos()), fmt.Sprintf(format, args...)))
		}
		assigned := func(e ast.Expr, how string) {
			left, chosen := c.fieldOfStage(e)
			if left == nil {
				return
			}
			switch stage := stageOf(chosen.Recv()); {
			case slices.Contains(sketches[name], stage), slices.Contains(takenBack[stage], left.Sel.Name):
			case len(chosen.Index()) > 1:
				add(e, "%s %s of a stage before %s", how, left.Sel.Name, stage)
			case !madeIn(name, stage):
				add(e, "%s %s of %s, which is not made here", how, left.Sel.Name, stage)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					assigned(left, "changes")
				}
			case *ast.IncDecStmt:
				assigned(n.X, "changes")
			case *ast.RangeStmt:
				assigned(n.Key, "changes")
				assigned(n.Value, "changes")
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					assigned(n.X, "takes the address of")
				}
			case *ast.StarExpr:
				if stage := stageOf(c.info.Types[n.X].Type); stage != "" {
					add(n, "a pointer to %s", stage)
				}
			case *ast.CompositeLit:
				if stage := stageOf(c.info.Types[n].Type); stage != "" && len(n.Elts) > 0 && !madeIn(name, stage) {
					add(n, "makes %s", stage)
				}
			}
			return true
		})
	}
	return wrong
}

// A stage is made, and given its fields, in the file of the one function that makes it, and nowhere is there a
// pointer to one. What a slice or a map in it holds is not seen.
func TestStagesStay(t *testing.T) {
	imports := exported(t)
	for _, wrong := range checkTypes(t, imports, "").changes() {
		t.Error(wrong)
	}
	for _, c := range []struct{ text, want string }{
		{"func f(c Checked) { c.Emulate = `` }", "changes Emulate of Checked, which is not made here"},
		{"func f(c Checked) { c.Place.Here = true }", "changes Place of a stage before Checked"},
		{"func f(c Checked) { c.Found[0].Told = true }", ""},
		{"func f(c Checked) { c.Wanted, _ = c.Wanted, 1 }", "changes Wanted of a stage before Checked"},
		{"func f(c *Checked) {}", "a pointer to Checked"},
		{"func (t *Told) forget() {}", "a pointer to Told"},
		{"func f(b Built) { _ = &b.System }", "takes the address of System of Built, which is not made here"},
		{"func f(c Checked) Built { return Built{Checked: c} }", "makes Built"},
		{"func f(c Checked) any { return []Built{{c, ``}} }", "makes Built"},
		{"func f(b Built) { for _, b.System = range x {} }; var x []string",
			"changes System of Built, which is not made here"},
		{"func f(b Built) (Built, string) { return b, b.System }", ""},
	} {
		got := checkTypes(t, imports, c.text).changes()
		for i, text := range got {
			_, got[i], _ = strings.Cut(text, ": ")
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

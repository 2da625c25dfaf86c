package rebuild

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// floors are the rooms of the house, from the ground up: each imports only rooms of the floors below it. Those of one
// floor do not know each other.
var floors = [][]string{
	{"nixexec"},
	{"nixexec/nixlog", "nixexec/ssh", "nixexec/tty", "sshcfg"},
	{"rebuild/facts", "rebuild/report", "rebuild/cache", "rebuild/prompt"},
	{"rebuild/request", "rebuild/view", "rebuild/generations"},
	{"rebuild/inventory"},
	{"rebuild/source", "rebuild/rollout", "rebuild/help"},
	{"rebuild/decision", "rebuild/evaluation", "rebuild/manual"},
	{"rebuild/check", "rebuild/plan"},
	{"rebuild/selection"},
	{"rebuild/explain"},
	{"rebuild/guard"},
	{"rebuild/connection"},
	{"rebuild/remote"},
	{"rebuild/building", "rebuild/included", "rebuild/keys", "rebuild/phase", "rebuild/preview", "rebuild/profiles", "rebuild/reboot"},
	{"rebuild/beside"},
	{"rebuild", "rebuild/command", "rebuild/export", "rebuild/preparation"},
	{mainRoom},
}

const mainRoom = "."

// floorOf is the floor of a room, or -1.
func floorOf(room string) int {
	return slices.IndexFunc(floors, func(rooms []string) bool { return slices.Contains(rooms, room) })
}

// wrongImports are the imports of a file that are against the order of the rooms, or keep for themselves what is
// another room's.
func wrongImports(f sourceFile) []string {
	var wrong []string
	add := func(format string, args ...any) { wrong = append(wrong, f.path+": "+fmt.Sprintf(format, args...)) }
	own := floorOf(f.room)
	if own < 0 {
		add("%q is no room of the house", f.room)
	}
	for name, imported := range f.imports() {
		room, ours := strings.CutPrefix(imported, "nixhop/")
		switch floor := floorOf(room); {
		case name == ".":
			add("%q is imported without its name", imported)
		case ours && floor < 0:
			add("imports %q, which is no room of the house", room)
		case ours && floor >= own:
			add("imports %q, which does not stand below it", room)
		case imported == "os/exec" && f.room != "nixexec":
			add("imports os/exec: nixexec alone starts programs")
		case f.room != mainRoom && (imported == "log" || strings.HasPrefix(imported, "github.com/urfave/cli")):
			add("imports %q, which is main's", imported)
		}
	}
	slices.Sort(wrong)
	return wrong
}

// keptNames are names of packages that one room has for itself.
var keptNames = map[string]string{
	"os.Exit": mainRoom, "os.Args": mainRoom, "os.Stdin": mainRoom, "os.Stdout": mainRoom, "os.Stderr": mainRoom,
	"os.StartProcess": "nixexec", "syscall.StartProcess": "nixexec",
	"syscall.Exec": "nixexec", "syscall.ForkExec": "nixexec",
	"fmt.Print": mainRoom, "fmt.Printf": mainRoom, "fmt.Println": mainRoom,
}

// renderers are where a file of the terminal is written to: those of what people and programs read, and that in which
// the one foreground child is read along.
var renderers = []string{
	"rebuild/report/plain.go", "rebuild/view/screen.go", "rebuild/view/json.go", "rebuild/evaluation/evaluation.go",
}

// wrongNames are the places of a file where it uses what is another room's, or writes past the renderers.
func wrongNames(f sourceFile) []string {
	var wrong []string
	packages := f.imports()
	ast.Inspect(f.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			name := qualified(n, packages)
			if room, kept := keptNames[name]; kept && room != f.room {
				wrong = append(wrong, f.path+": "+name)
			}
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				wrong = append(wrong, f.path+": init")
			}
		case *ast.CallExpr:
			called, _ := n.Fun.(*ast.Ident)
			if called != nil && (called.Name == "print" || called.Name == "println") {
				wrong = append(wrong, f.path+": "+called.Name)
			}
			if strings.HasPrefix(f.room, "rebuild") && writesTerminal(n) && !slices.Contains(renderers, f.path) {
				wrong = append(wrong, f.path+": writes to a file of the terminal")
			}
		}
		return true
	})
	return wrong
}

// qualified is a name of a package as the package itself is called: "os.Exit".
func qualified(s *ast.SelectorExpr, packages map[string]string) string {
	left, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return packages[left.Name] + "." + s.Sel.Name
}

// writesTerminal reports whether a call writes to an Out or an Err, as the files of a Stdio are called: by a method
// of it, or by a function that takes it first.
func writesTerminal(call *ast.CallExpr) bool {
	terminal := func(e ast.Expr) bool {
		s, ok := e.(*ast.SelectorExpr)
		return ok && (s.Sel.Name == "Out" || s.Sel.Name == "Err")
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	method := terminal(s.X) && strings.HasPrefix(s.Sel.Name, "Write")
	prints := strings.HasPrefix(s.Sel.Name, "Fprint") || s.Sel.Name == "WriteString" || s.Sel.Name == "Copy"
	return method || prints && len(call.Args) > 0 && terminal(call.Args[0])
}

// The rooms import each other in one order alone, and what is one room's is used there alone.
func TestRooms(t *testing.T) {
	met := map[string]bool{}
	for _, f := range sources(t) {
		met[f.room] = true
		for _, wrong := range append(wrongImports(f), wrongNames(f)...) {
			t.Error(wrong)
		}
	}
	for _, floor := range floors {
		for _, room := range floor {
			if !met[room] {
				t.Errorf("there is no room %q", room)
			}
		}
	}
}

// Each rule of the house refuses what is against it, and nothing else.
func TestRoomsRefuse(t *testing.T) {
	for _, c := range []struct{ room, text, want string }{
		{"rebuild/plan", `import "nixhop/rebuild/source"`, ""},
		{"rebuild/source", `import "nixhop/rebuild/plan"`, `imports "rebuild/plan", which does not stand below it`},
		{"rebuild/check", `import "nixhop/rebuild/decision"`, ""},
		{"rebuild/decision", `import "nixhop/rebuild/check"`, `imports "rebuild/check", which does not stand below it`},
		{"rebuild/plan", `import "nixhop/rebuild/check"`, `imports "rebuild/check", which does not stand below it`},
		{"rebuild/plan", `import "nixhop/rebuild/decision"`, ""},
		{"rebuild/decision", `import "nixhop/rebuild/plan"`, `imports "rebuild/plan", which does not stand below it`},
		{"rebuild/check", `import "nixhop/rebuild/plan"`, `imports "rebuild/plan", which does not stand below it`},
		{"rebuild/facts", `import r "nixhop/rebuild/report"`,
			`imports "rebuild/report", which does not stand below it`},
		{"nixexec", `import "nixhop/nixexec/ssh"`, `imports "nixexec/ssh", which does not stand below it`},
		{"nixexec/ssh", `import "nixhop/sshcfg"`, `imports "sshcfg", which does not stand below it`},
		{"nixexec/ssh", `import "os/exec"`, "imports os/exec: nixexec alone starts programs"},
		{"nixexec", `import "nixhop/sshcfg"`, `imports "sshcfg", which does not stand below it`},
		{"rebuild/remote", `import "nixhop/rebuild"`, `imports "rebuild", which does not stand below it`},
		{"rebuild/remote", `import "nixhop/rebuild/utils"`, `imports "rebuild/utils", which is no room of the house`},
		{"rebuild/utils", `import "os"`, `"rebuild/utils" is no room of the house`},
		{"rebuild/plan", `import . "fmt"`, `"fmt" is imported without its name`},
		{"rebuild/remote", `import "os/exec"`, "imports os/exec: nixexec alone starts programs"},
		{mainRoom, `import "os/exec"`, "imports os/exec: nixexec alone starts programs"},
		{"nixexec", `import "os/exec"`, ""},
		{"rebuild", `import "github.com/urfave/cli/v2"`, `imports "github.com/urfave/cli/v2", which is main's`},
		{"rebuild", `import "log"`, `imports "log", which is main's`},
		{mainRoom, `import "github.com/urfave/cli/v2"`, ""},
		{"rebuild", `import "os"; func f() { os.Exit(1) }`, "os.Exit"},
		{mainRoom, `import "os"; func f() { os.Exit(1) }`, ""},
		{"rebuild/plan", `import system "os"; var a = system.Args`, "os.Args"},
		{"nixexec", `import "os"; var a = os.Stderr`, "os.Stderr"},
		{"rebuild/remote", `import "syscall"; var f = syscall.Exec`, "syscall.Exec"},
		{"rebuild/check", `import "fmt"; func f() { fmt.Println() }`, "fmt.Println"},
		{"sshcfg", `func f() { println() }`, "println"},
		{"sshcfg", `func init() {}`, "init"},
		{"rebuild/report", `func (s stage) init() {}`, ""},
		{"rebuild", `import "fmt"; func f(s S) { fmt.Fprintln(s.Stdio.Err) }`, "writes to a file of the terminal"},
		{"rebuild/report", `func f(s S) { s.Out.WriteString("") }`, "writes to a file of the terminal"},
		{"rebuild/report", `import "fmt"; func f(b B) { fmt.Fprintln(&b.text) }`, ""},
		{mainRoom, `import "fmt"; func f(s S) { fmt.Fprintln(s.Out) }`, ""},
	} {
		f := sourceOf(t, c.room, "package made\n"+c.text)
		want := []string{f.path + ": " + c.want}
		if c.want == "" {
			want = nil
		}
		if got := append(wrongImports(f), wrongNames(f)...); !slices.Equal(got, want) {
			t.Errorf("%s in %s: %q, want %q", c.text, c.room, got, want)
		}
	}
}

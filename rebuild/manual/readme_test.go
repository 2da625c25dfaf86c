package manual

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/help"
	"nixhop/rebuild/request"
)

// update writes the tables in the README anew.
var update = flag.Bool("update", false, "write the tables of the README anew")

const readme = "../../README.md"

// table is a place of the README that holds a table: what it is of, and what it holds.
var table = regexp.MustCompile(`(?s)<!-- (actions|hosts|hints|environment|flags: [^>]*) -->\n(.*?)<!-- end -->`)

// TestReadmeTables: the README's tables of actions, flags, hosts, hints and variables are those of the program; -update
// writes them there. No flag of nixhop is missing.
func TestReadmeTables(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]int{}
	want := table.ReplaceAllStringFunc(string(text), func(place string) string {
		of := table.FindStringSubmatch(place)[1]
		kind, list, _ := strings.Cut(of, ": ")
		met[kind]++
		return "<!-- " + of + " -->\n\n" + markdown(readmeTable(t, kind, strings.Split(list, "; "))) + "\n<!-- end -->"
	})
	for _, kind := range []string{"actions", "hosts", "hints", "environment", "flags"} {
		if met[kind] == 0 {
			t.Errorf("%s has no table of %s", readme, kind)
		}
	}
	for _, s := range request.Flags() {
		if (s.IsOwn() || s.Group == request.GroupOwn) && !strings.Contains(want, "`"+cell(help.Written(s)[strings.Index(help.Written(s), "--"):])+"` |") {
			t.Errorf("%s lacks %s: name its group, %q, in one of its tables of flags", readme, s.Name, s.Group)
		}
	}
	if *update {
		if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Errorf("%s has other tables than the program: go test ./rebuild/manual -run TestReadmeTables -update", readme)
	}
}

// readmeTable are the rows of a table; groups names the groups of flags that it is of, or flags.
func readmeTable(t *testing.T, kind string, groups []string) []help.Row {
	t.Helper()
	var rows []help.Row
	switch kind {
	case "hosts":
		return help.HostForms()
	case "hints":
		return help.TopicParts("hints")[2].Rows
	case "environment":
		return help.Variables()
	case "actions":
		for _, a := range request.Actions() {
			rows = append(rows, actionRow(a))
		}
		return rows
	}
	for _, g := range groups {
		before := len(rows)
		for _, s := range request.Flags() {
			if string(s.Group) == g || s.Name == g {
				rows = append(rows, help.Row{Word: help.Written(s), Meaning: flagMeaning(s)})
			}
		}
		if len(rows) == before {
			t.Errorf("%s: there is no group of flags and no flag %q; groups: %q", readme, g, request.Groups())
		}
	}
	return rows
}

// code are the words of a meaning that are typed as they are.
var code = regexp.MustCompile(`--[a-z][a-z-]*\b(=[A-Z-]+)?|\b[A-Z]+_[A-Z_]+\b(=\d)?|@TAG\b|nixhop man >nixhop.1`)

func markdown(rows []help.Row) string {
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	for _, r := range rows {
		meaning := strings.NewReplacer("<", "&lt;", "*", `\*`).Replace(cell(r.Meaning))
		words := strings.Join(strings.Split(cell(r.Word), ", "), "`, `")
		b.WriteString("| `" + words + "` | " + code.ReplaceAllString(meaning, "`$0`") + " |\n")
	}
	return b.String()
}

// cell is a text in a table of GitHub's Markdown, where a bar ends the cell also in code.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// variable finds where a source asks for a variable of the environment.
var variable = regexp.MustCompile(`\b(?:env|Env|Getenv|LookupEnv)\("([A-Z_]+)"\)`)

// TestVariables: the table of variables has each one that the program asks for.
func TestVariables(t *testing.T) {
	var known []string
	for _, r := range help.Variables() {
		known = append(known, strings.Split(r.Word, ", ")...)
	}
	asked := 0
	eachSource(t, func(path, text string) {
		for _, m := range variable.FindAllStringSubmatch(text, -1) {
			asked++
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s asks for %s, which is not in help.Variables", path, m[1])
			}
		}
	})
	if asked == 0 {
		t.Error("no source asks for anything")
	}
}

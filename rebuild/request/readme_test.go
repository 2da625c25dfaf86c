package request

import (
	"flag"
	"os"
	"strings"
	"testing"

	"nixhop/rebuild/report"
)

// update writes the tables in the README anew.
var update = flag.Bool("update", false, "write the tables of the README anew")

const readme = "../../README.md"

// TestReadmeFindings: the README has the table as the code has it; -update writes it there.
func TestReadmeFindings(t *testing.T) {
	const begin, end = "<!-- findings -->\n", "<!-- end of findings -->"
	text := readReadme(t)
	before, rest, found := strings.Cut(text, begin)
	table, after, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s has no %q with %q behind it", readme, begin, end)
	}
	if want := "\n" + report.Table() + "\n"; table != want {
		if *update {
			if err := os.WriteFile(readme, []byte(before+begin+want+end+after), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("%s has another table of findings; write it anew: go test ./rebuild/request -run TestReadmeFindings -update\n%s", readme, want)
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

func readReadme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

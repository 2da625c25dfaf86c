package rebuild

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// allowed reports whether the request lets a finding through that is an error otherwise.
func (r Request) allowed(name string) bool {
	if spec, _ := FindFinding(name); !spec.Skippable {
		return false
	}
	return r.NoCheck || slices.ContainsFunc(r.Own, func(f Flag) bool { return f.Name == "--allow" && f.Values[0] == name })
}

// stops reports whether one of the findings is an error that the request does not let through.
func stops(found []Finding, r Request) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Severity == Error && !r.allowed(f.Name) })
}

// report prints findings, the worst first, and returns a *CheckError where one of them stops the run.
func (s *Session) report(found []Finding, r Request) error {
	stop := stops(found, r)
	found = slices.Clone(found)
	for i, f := range found {
		found[i].Remedy = r.repeated(f.Remedy)
		if f.Severity == Error && r.allowed(f.Name) {
			found[i].Severity, found[i].Remedy = Warning, nil
		}
	}
	found = bySeverity(found)
	for _, f := range found {
		if s.Stdio.Err != nil && !f.told {
			printFinding(s.Stdio.Err, f)
		}
	}
	if stop {
		return &CheckError{Findings: found}
	}
	return nil
}

// bySeverity returns the findings with the worst first, otherwise in their order.
func bySeverity(found []Finding) []Finding {
	sorted := slices.Clone(found)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) })
	return sorted
}

// printFinding prints a finding as a block: what, why, and the remedy in lines that can be pasted.
func printFinding(file *os.File, f Finding) {
	_, _ = io.WriteString(file, block(f.head(), f.Why, f.Remedy, nixexec.Columns(file)))
}

func (f Finding) head() string {
	return fmt.Sprintf("nixhop: %s: %s: %s [%s]", f.Severity, f.Host, f.What, f.Name)
}

// findingIndent stands in front of every line of a finding but the first.
const findingIndent = "  "

// block is a finding in lines of so many columns (0: no limit). Those of the remedy stay as they are.
func block(head, why string, remedy []string, columns int) string {
	lines := []string{head}
	if why != "" {
		lines = append(lines, why)
	}
	if width := columns - len(findingIndent); width > 0 {
		lines = slices.Concat(wrap(head, width), wrap(why, width))
	}
	for _, line := range remedy {
		lines = append(lines, findingIndent+line)
	}
	return strings.Join(lines, "\n"+findingIndent) + "\n"
}

// print writes a result to standard output.
func (s *Session) print(text string) { io.WriteString(s.Stdio.Out, text) }

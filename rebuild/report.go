package rebuild

import (
	"io"
	"os"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// report prints findings, the worst first, and returns a *CheckError where one of them stops the run.
func (s *Session) report(found []report.Finding, r request.Request) error {
	return s.reportTo(found, r, r.Call())
}

// reportTo is report for a run that was called otherwise than what lets findings through.
func (s *Session) reportTo(found []report.Finding, r request.Request, call report.Call) error {
	stop := request.Stops(found, r)
	found = slices.Clone(found)
	for i, f := range found {
		if f.Severity == report.Error && r.Allowed(f.Name) {
			found[i].Severity, found[i].Remedy = report.Warning, nil
		}
	}
	found = bySeverity(found)
	for _, f := range found {
		if s.Stdio.Err != nil && !f.Told {
			printFinding(s.Stdio.Err, f, call)
		}
	}
	if stop {
		return &CheckError{Findings: found}
	}
	return nil
}

// bySeverity returns the findings with the worst first, otherwise in their order.
func bySeverity(found []report.Finding) []report.Finding {
	sorted := slices.Clone(found)
	slices.SortStableFunc(sorted, func(a, b report.Finding) int { return int(b.Severity) - int(a.Severity) })
	return sorted
}

// printFinding prints a finding as a block: what, why, and the remedy in lines that can be pasted.
func printFinding(file *os.File, f report.Finding, call report.Call) {
	_, _ = io.WriteString(file, report.Block(f.Head(), f.Why, call.Lines(f.Remedy), nixexec.Columns(file)))
}

// print writes a result to standard output.
func (s *Session) print(text string) { io.WriteString(s.Stdio.Out, text) }

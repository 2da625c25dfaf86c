package explain

import (
	"errors"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// Failure is Explain for what a step has printed that ended with err. There is nothing to say of a run that the user
// stopped, and of a command that did not run.
func Failure(output []byte, err error, s Situation) []Explanation {
	var exit *nixexec.ExitError
	if nixexec.Interrupted(err) || !errors.As(err, &exit) {
		return nil
	}
	return Explain(output, s)
}

// Findings are explanations as findings about a host: the most specific one, and one that answers a hint of the
// child's. Those that are said otherwise are left out, by their ids.
func Findings(said []Explanation, host string, otherwise ...string) []report.Finding {
	var found []report.Finding
	for i, e := range said {
		if slices.Contains(otherwise, e.ID) || i > 0 && e.ID != "ng-hint" {
			continue
		}
		f := report.Finding{Name: e.ID, Severity: report.Error, Host: host, What: e.Meaning, Remedy: e.Remedy}
		if i > 0 {
			f.Severity = report.Note
		}
		found = append(found, f)
	}
	return found
}

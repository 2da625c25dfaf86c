package rebuild

import (
	"errors"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// understood is what the output of the step that failed means here, the most specific explanation first. There is nothing to say of a run that the
// user stopped, and of a command that did not run.
func (r *Run) understood(t Told, heard *remote.Heard, err error) []explain.Explanation {
	var exit *nixexec.ExitError
	if nixexec.Interrupted(err) || !errors.As(err, &exit) {
		return nil
	}
	s := explain.About(r.known(t.Located, t.On, t.At), t.Choice.Name, facts.SudoUser(r.Env), r.Dir)
	s.Phase = heard.Phase()
	return explain.Explain(heard.Bytes(), s)
}

// explain says what the failure of a step means, behind the child's own words, and returns its error.
func (r *Run) explain(t Told, heard *remote.Heard, err error) error {
	r.sayExplained(t, heard, r.understood(t, heard, err))
	return err
}

// explainActivation says what the failure of nixhop's own activation means, but for what is said of its outcome.
func (r *Run) explainActivation(t Told, heard *remote.Heard, outcome remote.Outcome, err error) {
	concluded := []string{explain.ExitRow, "switch-err"}
	if !outcome.Known() {
		concluded = []string{"ssh-lost"}
	}
	said := r.understood(t, heard, err)
	for i, e := range said {
		if slices.Contains(concluded, e.ID) {
			said[i].Meaning = ""
		}
	}
	r.sayExplained(t, heard, said)
}

// sayExplained says the most specific explanation, and one that answers a hint of the child's.
func (r *Run) sayExplained(t Told, heard *remote.Heard, said []explain.Explanation) {
	if len(said) > 0 && heard.MidLine() {
		r.output(t.Placed, "\n")
	}
	for i, e := range said {
		if e.Meaning == "" || i > 0 && e.ID != "ng-hint" {
			continue
		}
		f := report.Finding{Name: e.ID, Severity: report.Error, Host: report.Here, What: e.Meaning, Remedy: e.Remedy}
		if t.Target != nil {
			f.Host = t.Target.Host.Name
		}
		if i > 0 {
			f.Severity = report.Note
		}
		r.tellFinding(t.Placed, f, t.Request.Call())
	}
}

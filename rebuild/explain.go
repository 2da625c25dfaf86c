package rebuild

import (
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

// explain says what the failure of a step means, behind the child's own words: the most specific explanation, and one
// that answers a hint of the child's. What is said otherwise is left out, by its id. It returns the most specific one,
// if there is any.
func (r *Run) explain(t Told, heard *remote.Heard, err error, otherwise ...string) (explain.Explanation, bool) {
	situation := explain.About(r.known(t.Located, t.On, t.At), t.Choice.Name, facts.SudoUser(r.Env), r.Dir)
	situation.Phase = heard.Phase()
	said := explain.Failure(heard.Bytes(), err, situation)
	if len(said) == 0 {
		return explain.Explanation{}, false
	}
	if heard.MidLine() {
		r.output(t.Placed, "\n")
	}
	host := report.Here
	if t.Target != nil {
		host = t.Target.Host.Name
	}
	for _, f := range explain.Findings(said, host, otherwise...) {
		r.tellFinding(t.Placed, f, t.call())
	}
	return said[0], true
}

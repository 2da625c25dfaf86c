package rebuild

import (
	"nixhop/rebuild/check"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
)

// wanting is what tells whether two names lead to one machine, and what they want of it.
func (d Decided) wanting() check.Wanting {
	return check.Wanting{Name: d.Name(), On: d.On, Configuration: d.Choice.Name}
}

// apart leaves each machine of the run one name (phase.Apart).
func (r *Run) apart(hosts []Decided) []Decided {
	return phase.Apart(r.tally, hosts, check.Twins(hosts, Decided.wanting), func(h Decided, twin report.Finding) error {
		h.ahead.Drop(errChecksFailed)
		return r.report(h.Placed, append(h.Found, twin))
	})
}

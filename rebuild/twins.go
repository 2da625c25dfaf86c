package rebuild

import (
	"nixhop/rebuild/check"
	"nixhop/rebuild/report"
)

// wanting is what tells whether two names lead to one machine, and what they want of it.
func (d Decided) wanting() check.Wanting {
	return check.Wanting{Name: d.Name(), On: d.On, Configuration: d.Choice.Name}
}

// apart leaves each machine of the run one name. Another one that wants the same is done with it, and one that wants
// something else ends the run before anything is built.
func (r *Run) apart(hosts []Decided) []Decided {
	found := check.Twins(hosts, Decided.wanting)
	var on []Decided
	for i, h := range hosts {
		twin, is := found[i]
		if !is {
			on = append(on, h)
			continue
		}
		h.ahead.Drop(errChecksFailed)
		if err := r.report(h.Placed, append(h.Found, twin.Finding)); err != nil {
			r.tally.Stopped(h.Name(), report.PhaseDecide, err)
			r.tally.Halt() // whatever may fail: which of the two is meant nobody here can know
			continue
		}
		r.tally.Joined(hosts[twin.Of].Name(), h.Name())
	}
	return on
}

package rebuild

import (
	"nixhop/rebuild/check"
	"nixhop/rebuild/report"
)

// twins are the names that lead to the machine of an earlier one, by their places.
func twins(hosts []Decided) map[int]check.Twin {
	wanting := make([]check.Wanting, len(hosts))
	for i, h := range hosts {
		wanting[i] = check.Wanting{Name: h.Name(), On: h.On, Configuration: h.Choice.Name}
	}
	return check.Twins(wanting)
}

// apart leaves each machine of the run one name. Another one that wants the same is done with it, and one that wants
// something else ends the run before anything is built.
func (r *Run) apart(hosts []Decided) []Decided {
	found := twins(hosts)
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

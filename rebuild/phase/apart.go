package phase

import (
	"nixhop/rebuild/check"
	"nixhop/rebuild/report"
)

// Apart leaves each machine of a run one name. Another one that wants the same is done with it, and one that wants
// something else ends the run before anything is built. tell says what was found about such a name, and returns what
// ends it.
func Apart[H Host](t *Tally, hosts []H, twins map[int]check.Twin, tell func(H, report.Finding) error) []H {
	var on []H
	for i, h := range hosts {
		twin, is := twins[i]
		if !is {
			on = append(on, h)
			continue
		}
		if err := tell(h, twin.Finding); err != nil {
			t.Stopped(h.Name(), report.PhaseDecide, err)
			t.Halt() // whatever may fail: which of the two is meant nobody here can know
			continue
		}
		t.Joined(hosts[twin.Of].Name(), h.Name())
	}
	return on
}

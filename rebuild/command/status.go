package command

import (
	"context"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
	"nixhop/rebuild/selection"
)

// stated is a host with what it has told.
type stated struct {
	host
	row StatusRow
}

// Status prints what each of the hosts of a request is like: what runs there, what boots next, how the last deployment
// ended, which units have failed. Nothing is changed anywhere, and root is not needed.
func Status(ctx context.Context, r request.Request, w selection.World, s nixexec.Stdio) error {
	return with(ctx, r, w, s, func(ctx context.Context, c commander, found selection.Found, order rollout.Rollout) error {
		hosts, err := c.begin(ctx, found)
		if err != nil {
			return err
		}
		tally := phase.NewTally(order, len(hosts), len(hosts) == 1)
		all := phase.Each(ctx, tally, w.Say, report.PhaseConnect, order.Order.AtATime(), hosts, c.state)
		rows := map[string]interface{ Text(bool) (string, error) }{}
		for _, one := range all {
			rows[one.Name()] = one.row
		}
		for _, one := range tally.Ended() {
			if !nixexec.Interrupted(one.Err) {
				rows[one.Host] = Unreached(one.Host, one.Err)
			}
		}
		for _, h := range hosts {
			if rows[h.Name()] == nil {
				continue
			}
			text, err := rows[h.Name()].Text(r.JSON)
			if err != nil {
				return err
			}
			w.Say.Print(text)
		}
		if len(hosts) > 1 {
			tally.SayWhy(w.Say)
		}
		return phase.Outcome(tally, all)
	})
}

// state asks a host what it is like.
func (c commander) state(ctx context.Context, h host) (stated, error) {
	link, err := c.reach(ctx, h)
	if err != nil {
		return stated{}, err
	}
	on, err := link.Probe(ctx, facts.Query{Target: true})
	return stated{h, StatusOf(h.Name(), on)}, err
}

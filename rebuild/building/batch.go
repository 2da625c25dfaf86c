package building

import (
	"context"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// buildAll has one nix-store build several orders, and decides them.
func (s *Site) buildAll(ctx context.Context, orders []*order) {
	var derivations []string
	for _, o := range orders {
		if !slices.Contains(derivations, o.derivation) {
			derivations = append(derivations, o.derivation)
		}
	}
	step := plan.RealiseAll(orders[0].Job, derivations)
	s.say(report.Event{Kind: report.Ran, Text: step.Command.String()})
	said := newTranscript(orders)
	_, err := nixexec.OutputLines(ctx, step.Command, func(line string) bool {
		said.take(line)
		return false
	}, func(piece []byte) { said.tell(nil, string(piece), false) })
	for i, o := range orders {
		o.together, o.err = true, err
		if err != nil {
			o.said = said.ending(i)
		}
		close(o.decided)
	}
}

package rebuild

import (
	"context"
	"slices"

	"nixhop/nixexec/tty"
	"nixhop/rebuild/check"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Check runs the checks of a deployment and nothing else: no host is changed, nothing is built. Without a HOST, every
// alias that has a configuration in the flake here is checked. One host may ask on the terminal; several are checked
// side by side and cannot.
func (s Session) Check(ctx context.Context, r request.Request) error {
	return s.with(ctx, r, true, func(ctx context.Context, run *Run, placed []Placed) error {
		rows, err := run.checkRows(ctx, placed)
		if err != nil {
			return err
		}
		text, err := report.CheckText(rows, r.JSON, tty.Columns(s.Stdio.Out))
		if err != nil {
			return err
		}
		s.Say.Print(text)
		return report.CheckResult(rows)
	})
}

// checkRows takes the hosts as far as their checks, and has a row for each, in their order. An error is something that
// is no host's fault.
func (r *Run) checkRows(ctx context.Context, hosts []Placed) ([]report.CheckRow, error) {
	located, connected, err := r.connected(ctx, hosts)
	if err != nil {
		return nil, err
	}
	decided := each(ctx, r, report.PhaseDecide, checks, connected, r.decide)
	checked := each(ctx, r, report.PhaseCheck, checks, each(ctx, r, report.PhaseEvaluate, checks, decided, r.tell), r.check)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	found, err := phase.Findings(r.tally.Ended())
	if err != nil {
		return nil, err
	}
	for _, c := range checked {
		found[c.Name()] = c.Found
	}
	for i, twin := range check.Twins(decided, Decided.wanting) {
		found[decided[i].Name()] = append(slices.Clip(found[decided[i].Name()]), twin.Finding)
	}
	rows := make([]report.CheckRow, len(hosts))
	at := map[string]*report.CheckRow{}
	for i, p := range hosts {
		rows[i] = report.NewCheckRow(p.Name(), p.target(), p.Request.Lowered(found[p.Name()]), p.call())
		at[p.Name()] = &rows[i]
	}
	for _, l := range located {
		r.net.Fill(ctx, at[l.Name()], l.Machine, r.look.Roles[l.Machine])
	}
	for _, d := range decided {
		at[d.Name()].Configuration = d.Choice.Name
	}
	return rows, nil
}

package rebuild

import (
	"cmp"
	"context"
	"slices"

	"nixhop/rebuild/building"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/preview"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
)

// Deploy does what the request asks for: it checks, builds, copies and activates, or has nixos-rebuild do so for one
// host. The error says how the exit status is to be (Status); a child's own words are on standard error already.
func (s Session) Deploy(ctx context.Context, r request.Request) error {
	if err := preview.Asks(r, s.Ask); err != nil {
		return err
	}
	return s.with(ctx, r, false, func(ctx context.Context, run *Run, placed []Placed) error {
		switch {
		case r.Action == "list-generations":
			return run.listGenerations(ctx, placed)
		case r.Action == request.UploadKeys:
			return run.uploadKeys(ctx, placed)
		case r.Plan:
			return run.plan(ctx, placed)
		}
		return run.deploy(ctx, placed)
	})
}

// deploy takes hosts from their names to their activation. Nothing is built until every check of every host has
// passed, and nothing is activated until everything is built and in its place.
func (r *Run) deploy(ctx context.Context, hosts []Placed) error {
	checked, err := r.checked(ctx, hosts)
	if err != nil {
		return err
	}
	if len(checked) == 1 && checked[0].Decision.Engine != nil {
		return phase.Outcome(r.tally, r.proved(ctx, each(ctx, r, report.PhaseActivate, 1, checked, r.whole)))
	}
	r.site = building.NewSite(r.Say)
	for _, c := range checked {
		r.site.Expect(c.Name(), c.Evaluation.Ended)
	}
	built := each(ctx, r, report.PhaseBuild, len(checked), checked, r.build)
	copied := each(ctx, r, report.PhaseCopy, r.rollout.CopyJobs, built, r.copy)
	if !r.tally.Enough() {
		err = preview.Agreed(ctx, hosts[0].Request, copied, Copied.seen, r.Say, r.person)
	}
	if err != nil {
		return err
	}
	return cmp.Or(phase.Outcome(r.tally, r.rollOut(ctx, copied)), context.Cause(ctx)) // whoever has stopped a run does not want what comes behind it
}

// checked are the hosts with every check passed; an error is that of the hosts that did not pass.
func (r *Run) checked(ctx context.Context, hosts []Placed) ([]Checked, error) {
	_, connected, err := r.connected(ctx, hosts)
	if err != nil {
		return nil, err
	}
	decided := r.apart(each(ctx, r, report.PhaseDecide, checks, connected, r.decide))
	told := each(ctx, r, report.PhaseEvaluate, len(decided), decided, r.tell)
	checked := each(ctx, r, report.PhaseCheck, checks, told, r.check)
	if !r.tally.Enough() {
		return checked, nil
	}
	for _, c := range checked {
		c.Evaluation.Drop(errChecksFailed)
	}
	return nil, r.tally.Outcome()
}

// connected are the hosts that ssh can make something of, and of these the ones that have told of themselves. An error
// has nothing to do with one of them.
func (r *Run) connected(ctx context.Context, hosts []Placed) (located []Located, connected []Connected, err error) {
	located = each(ctx, r, report.PhaseLocate, selection.Resolves, hosts, r.locate)
	if len(located) == 0 {
		return nil, nil, nil
	}
	if err := r.net.MakeDir(); err != nil {
		return nil, nil, err
	}
	r.lookHere(ctx, located)
	if slices.ContainsFunc(located, func(l Located) bool { return l.Target.WantsNames(l.Source, l.Request) }) {
		r.net.Beside(func() { _, _ = r.names() }) // which takes no evaluation of a configuration
	}
	return located, each(ctx, r, report.PhaseConnect, checks, located, r.connect), nil
}

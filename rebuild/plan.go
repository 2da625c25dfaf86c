package rebuild

import (
	"cmp"
	"context"
	"slices"

	"nixhop/rebuild/beside"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/selection"
)

// plan prints the commands of a deployment and runs none of them. No host is contacted, unless the hosts are to be
// looked at first (--check): what only they could tell stands in comments then.
func (r *Run) plan(ctx context.Context, hosts []Placed) error {
	if hosts[0].Request.Look {
		checked, err := r.checked(ctx, hosts)
		r.sayWhy()
		for _, c := range checked {
			if err == nil {
				err = r.printPlan(ctx, c, nil)
			}
		}
		return cmp.Or(err, phase.Outcome(r.tally, checked))
	}
	located := each(ctx, r, report.PhaseLocate, selection.Resolves, hosts, r.locate)
	for _, l := range located {
		c, err := r.sketched(ctx, l)
		if err == nil {
			err = r.printPlan(ctx, c, c.Decision.Unknown)
		}
		if err != nil {
			return err
		}
	}
	r.sayWhy()
	return phase.Outcome(r.tally, located)
}

// sketched is what would be checked, as far as it is known without a look at any host.
func (r *Run) sketched(ctx context.Context, l Located) (Checked, error) {
	d := Decided{Connected: Connected{Located: l}, Decision: l.Sketch}
	if l.Sketch.Crossing.Ask && l.Builder != nil {
		return Checked{}, decision.UnknownBuildSystem(l.Request, "a plan asks no host for its system")
	}
	names, err := r.namesFor(ctx, l)
	if err == nil {
		d.Choice, err = r.choose(ctx, d, names)
	}
	if err != nil {
		return Checked{}, err
	}
	emulates := l.Request.Has("--emulate")
	if l.Sketch.Crossing.Ask || emulates {
		r.lookHere(ctx, []Located{{Placed: l.Placed, Builder: l.Builder}})
	}
	if d.Wanted, err = d.Decision.Wanted(d.Source, d.Choice.Name, r.look.BuildNix(l.Builder, nil).System); err != nil || !emulates {
		return Checked{Told: Told{Decided: d}}, err
	}
	c := Checked{Told: Told{Decided: d}}
	if _, c.Facts, err = r.evaluator.Facts(ctx, nil, evaluation.Ask(d.Wanted, evaluation.ToFacts, nil), r.showing(l.Placed)); err != nil {
		return c, err
	}
	if l.Builder != nil || !slices.Contains(r.look.BuildNix(l.Builder, nil).Platforms(), c.Facts.BuildSystem) {
		c.Emulate = c.Facts.BuildSystem
	}
	return c, nil
}

// printPlan prints the plan of one host.
func (r *Run) printPlan(ctx context.Context, c Checked, unknown []string) error {
	p, err := plan.Shown(r.job(c), c.call(), unknown, r.evaluator.Kept.Locked, r.settings)
	if err != nil {
		return err
	}
	p.Notes = beside.Described(ctx, r.job(c), c.Target.Of())
	text, err := r.net.Script(p)
	r.Say.Print(report.Headed(r.heading(c.Placed), text))
	return err
}

// heading is the name of a host, under which things are printed where there are several; empty: there is one.
func (r *Run) heading(p Placed) string {
	if r.many {
		return p.Name()
	}
	return ""
}

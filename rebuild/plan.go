package rebuild

import (
	"context"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/selection"
	"nixhop/rebuild/source"
)

// plan prints the commands of a deployment and runs none of them. No host is contacted, unless the hosts are to be
// looked at first (--check): what only they could tell stands in comments then.
func (r *Run) plan(ctx context.Context, hosts []Placed) error {
	if hosts[0].Request.Look {
		checked, err := r.checked(ctx, hosts)
		r.sayWhy()
		for _, c := range checked {
			if err == nil {
				err = r.printPlan(c, nil)
			}
		}
		return err
	}
	for _, l := range each(ctx, r, report.PhaseLocate, selection.Resolves, hosts, r.locate) {
		c, err := r.sketched(ctx, l)
		if err == nil {
			err = r.printPlan(c, c.Decision.Unknown)
		}
		if err != nil {
			return err
		}
	}
	r.sayWhy()
	return r.tally.Outcome()
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

// aheadUnknown reports whether a look at the host may bring something there before a nixos-rebuild starts.
func (r *Run) aheadUnknown(c Checked) bool {
	hosts := c.Machine != nil || c.Builder != nil
	return c.Decision.Engine != nil && !c.Request.Look && hosts && c.Request.Evaluates() && r.evaluator.Kept.Locked(c.Wanted)
}

// printPlan prints the plan of one host.
func (r *Run) printPlan(c Checked, unknown []string) error {
	job := r.job(c)
	if r.aheadUnknown(c) {
		unknown = append(slices.Clip(unknown), "nobody has measured the way: over a long one, what nixos-rebuild will copy is brought there first")
	}
	if job.Dialect == nil && c.Request.Evaluates() {
		job.Locked = r.evaluator.Kept.Locked(job.Wanted())
		set, err := r.settings()
		if err != nil {
			return err
		}
		var open []string
		job.Settings, open = source.Pasted(c.Request, set)
		unknown = append(slices.Clip(unknown), open...)
	}
	p, err := plan.Make(job)
	if err != nil {
		return err
	}
	if p.Unknown = unknown; len(unknown) > 0 && !c.Request.Look {
		look := c.call().Lines([]report.Remedy{report.Again("--plan", "--check")})
		p.Unknown = append(slices.Clone(unknown), "look first: "+look[0])
	}
	text, err := r.script(p)
	r.Say.Print(r.headed(c.Placed, text))
	return err
}

// script is the text of a plan, with the files that were written for this run.
func (r *Run) script(p plan.Plan) (text string, err error) {
	if p.Files, err = r.net.Files(); err == nil {
		text = p.Script()
	}
	return text, err
}

// headed is what is printed of a host, under its name where there are several.
func (r *Run) headed(p Placed, text string) string {
	if !r.many || text == "" {
		return text
	}
	return "# " + nixexec.Printable(p.Name()) + "\n" + text
}

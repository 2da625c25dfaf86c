package rebuild

import (
	"slices"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// report says what was found about a host, the worst first, and returns a *report.CheckError where something of it
// stops the run.
func (r *Run) report(p Placed, found []report.Finding) error {
	for _, f := range report.BySeverity(p.Request.Lowered(found)) {
		if !f.Told {
			r.say(p).Find(f, p.call())
		}
	}
	if request.Stops(found, p.Request) {
		return report.Refuse(found)
	}
	return nil
}

// evaluationError is the error of nix that ends a host. Where the checks are what the user wants it is a finding like
// others.
func (r *Run) evaluationError(p Placed, found []report.Finding, err error) error {
	broken, err := p.Source.Broken(err, r.Dir)
	if r.checking && broken != nil {
		return &report.CheckError{Findings: append(slices.Clip(found), broken.Finding(p.target()))}
	}
	_ = r.report(p, found)
	return err
}

// say is the sink for what belongs to a host.
func (r *Run) say(p Placed) report.Sink { return r.Say.For(p.Name()) }

// explain says what the failure of a step means, behind the child's own words: the most specific explanation, and one
// that answers a hint of the child's. What is said otherwise is left out, by its id. It returns the most specific one,
// if there is any.
func (r *Run) explain(t Told, heard *remote.Heard, err error, otherwise ...string) (explain.Explanation, bool) {
	situation := explain.About(r.known(t.Located, t.On, t.At), t.Choice.Name, facts.SudoUser(r.Env), r.Dir)
	return heard.Explain(situation, err, r.say(t.Placed), t.call(), t.Target.Name(), otherwise)
}

// announce says in one line what is about to happen, and where.
func (r *Run) announce(c Checked) {
	if why := c.Decision.Why; why != "" && why != decision.PasswordFirst {
		r.say(c.Placed).Info("taking the steps by nix and ssh: " + why)
	}
	if c.Target != nil {
		r.say(c.Placed).Info(plan.Announcement{
			Job: r.job(c), Target: c.Target, Choice: c.Choice, Facts: c.Facts, Nix: r.look.BuildNix(c.Builder, c.At), Emulated: c.Emulated,
		}.String())
	}
}

// sayWhy says what ended hosts of several, where no view of the run does.
func (r *Run) sayWhy() {
	if r.many {
		r.tally.SayWhy(r.Say)
	}
}

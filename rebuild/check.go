package rebuild

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"nixhop/rebuild/check"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/keys"
	"nixhop/rebuild/preview"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// errChecksFailed ends an evaluation whose facts were enough to know that the deployment is doomed.
var errChecksFailed = errors.New("a check failed")

// check makes the checks that need the configuration's facts, and says what was found, unless nix is at work still:
// then that is said when it has come to its end, so that its own words and these stay apart.
func (r *Run) check(ctx context.Context, t Told) (Checked, error) {
	c := Checked{Told: t, Found: t.Found}
	c.Found = append(slices.Clip(c.Found), decision.FindRefusal(t.Facts, t.Wanted.Cross, cmp.Or(t.target(), t.Builder.Called()))...)
	if c.Request.Has("--emulate") {
		tried := remote.TryEmulation(ctx, c.Builder, r.look.BuildNix(c.Builder, c.At), c.Facts.BuildSystem, r.checking)
		if c.Emulate, c.Emulated = tried.More, tried.Answer; tried.Answer == facts.No {
			c.Found = append(c.Found, r.deployment(c.Decided).Emulation(c.Facts, tried.Why))
		}
	}
	c.Found = append(c.Found, r.deployment(c.Decided).Configuration(c.Facts, c.Emulated != facts.Unsaid)...)
	if !request.Stops(c.Found, t.Request) {
		var reach []report.Finding
		c.Between, reach = t.between.Known()
		if r.checking && t.Decision.Engine == nil { // where the checks are what the user wants it is worth a word
			c.Found = append(c.Found, reach...)
		}
		c.Found = append(c.Found, keys.Places(ctx, r.performer(c), t.Target.Of())...)
	}
	c.Trip = r.roundTrip(ctx, t.Decided)
	if r.checking {
		c.Found = append(c.Found, check.LongWay(c.Trip, cmp.Or(c.Builder.Called(), c.Machine.Called()))...)
		return r.evaluated(ctx, c)
	}
	var err error
	if asked := c.Request.OnlyStop(c.Found, "host-name"); asked >= 0 && prompt.Somebody(r.Ask) {
		r.say(c.Placed).Find(c.Found[asked], c.call())
		c.Found, err = preview.OtherName(ctx, c.Found, asked, c.Target.Host.Name, r.Ask)
	}
	if err == nil && (t.Evaluation == nil || request.Stops(c.Found, t.Request)) {
		err = r.report(t.Placed, c.Found)
	}
	if err != nil {
		t.Evaluation.Drop(errChecksFailed)
	}
	return c, err
}

// evaluated ends a check with the end of the evaluation, which a refused cross build has not got.
func (r *Run) evaluated(ctx context.Context, c Checked) (Checked, error) {
	refused := func(f report.Finding) bool { return f.Name == "cross-refused" }
	if c.Evaluation == nil || slices.ContainsFunc(c.Found, refused) {
		c.Evaluation.Drop(errChecksFailed)
		return c, r.report(c.Placed, c.Found)
	}
	_, _, err := r.evaluator.Derivation(ctx, c.Evaluation, r.question(c.Located, c.Decision, c.Wanted), r.showing(c.Placed))
	if err != nil {
		return c, r.evaluationError(c.Placed, c.Found, c.Wanted.Failure(err))
	}
	return c, r.report(c.Placed, c.Found)
}

// deployment is what the checks rest on.
func (r *Run) deployment(d Decided) check.Deployment {
	return check.Of(r.known(d.Located, d.On, d.At), d.Decision, r.look.For(d.Machine, d.Builder), facts.PublicKey)
}

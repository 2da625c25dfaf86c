package rebuild

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// errChecksFailed ends an evaluation whose facts were enough to know that the deployment is doomed.
var errChecksFailed = errors.New("a check failed")

// check makes the checks that need the configuration's facts, and says what was found, unless nix is at work still: then that is said when it has come
// to its end, so that its own words and these stay apart.
func (r *Run) check(ctx context.Context, t Told) (Checked, error) {
	c := Checked{Told: t, Found: t.Found}
	c.Found = append(slices.Clip(c.Found), plan.FindRefusal(t.Facts, t.Wanted.Cross, buildsFor(t))...)
	c = r.tryEmulation(ctx, c)
	c.Found = append(c.Found, r.checkConfiguration(c)...)
	if t.Evaluation == nil {
		c = c.settled(r.checking)
	}
	c, err := r.confirmHostName(ctx, c)
	if err == nil && (t.Evaluation == nil || request.Stops(c.Found, t.Request)) {
		err = r.report(t.Placed, c.Found)
	}
	if err != nil {
		t.Evaluation.Drop(errChecksFailed)
	}
	return c, err
}

// settled knows the way from a third build host to the target. That there is none is worth a word where the checks are what the user wants.
func (c Checked) settled(checking bool) Checked {
	way, found := c.between()
	c.Between = way
	if checking {
		c.Found = append(slices.Clip(c.Found), found...)
	}
	return c
}

// buildsFor is the host that a finding about the platform is about.
func buildsFor(t Told) string {
	if t.Target != nil {
		return t.Target.Host.String()
	}
	return somewhere(t.Builder)
}

// checkConfiguration turns into findings what the configuration says of itself: whether it is for this host, and whether it can be
// built where it is to be built.
func (r *Run) checkConfiguration(c Checked) []report.Finding {
	var found []report.Finding
	if c.On != nil && c.Machine != nil {
		want := r.targetWant(c.Decided)
		want.System, want.HostName = c.Facts.System, c.Facts.HostName
		found = check.TargetFits(*c.On, want)
	}
	// What was tried needs no check.
	system := c.Facts.BuildSystem
	if c.Emulated != facts.Unsaid {
		system = ""
	}
	if c.At != nil {
		want := c.buildHostWant()
		want.System = system
		if system != "" && !slices.Contains(c.At.Nix.Platforms(), system) {
			want.Elsewhere = facts.BuilderSystems(request.SettingWords(c.Request))
		}
		return append(found, check.BuildHostFits(*c.At, want)...)
	}
	want := r.buildHereWant(c.Told)
	want.System = system
	return append(found, check.BuildHere(r.look.here(), want)...)
}

// targetWant is what the deployment wants of its target.
func (r *Run) targetWant(d Decided) check.TargetWant {
	asks := d.Decision.Engine != nil && r.somebody() && d.Request.Has("--ask-elevate-password")
	if r.checking {
		asks = r.somebody() && d.Request.Engine != request.EngineNixosRebuild
	}
	return check.TargetWant{
		Host: d.Machine.Host.String(), Root: d.needsRoot() && !d.Decision.Password, Ways: d.Decision.Ways(),
		AskPassword: asks, AskLate: !r.checking, Unsigned: !d.Place.Target && !d.Request.Has("--rollback"),
		PublicKey: facts.PublicKey(d.Machine.Endpoint), Now: time.Now(),
	}
}

// buildHostWant is what the deployment wants of its build host, before the configuration has told.
func buildHostWant(d Decided) check.BuildHostWant {
	want := check.BuildHostWant{Host: d.Builder.Host.String(), Unsigned: true}
	if d.Target != nil {
		want.Target = d.Target.Host.String()
	}
	if d.On != nil && d.Machine != d.Builder {
		want.TargetSystem = d.On.System
	}
	return want
}

func (t Told) buildHostWant() check.BuildHostWant {
	want := buildHostWant(t.Decided)
	want.For, want.NoCross = t.Facts.System, len(t.Facts.Refused) > 0
	return want
}

// buildHereWant is what the deployment wants of this machine as a build host.
func (r *Run) buildHereWant(t Told) check.HereWant {
	want := r.hereWant(t.Located)
	want.For, want.NoCross = t.Facts.System, len(t.Facts.Refused) > 0
	if t.On != nil {
		want.Target = t.On.System
	}
	return want
}

// tryEmulation has the build host build a derivation of one line for the system, by a program of that system. Where it builds for the
// system natively, or has a remote builder for it, there is nothing to try. A check builds nothing, and for some systems there is no
// program to try it with: then the kernel's word counts.
func (r *Run) tryEmulation(ctx context.Context, c Checked) Checked {
	if !c.Request.Has("--emulate") {
		return c
	}
	system, own := c.Facts.BuildSystem, r.buildNix(c.Connected)
	refuse := func(what, why string, remedy []report.Remedy) Checked {
		c.Found = append(c.Found, report.Finding{
			Name: "emulation", Severity: report.Error, Host: somewhere(c.Builder), What: what, Why: why, Remedy: remedy,
		})
		return c
	}
	if system == "" {
		return refuse("the configuration does not tell what system it is for", "so nobody knows what is to be emulated", nil)
	}
	m, known := facts.FindManner(own, system), slices.Contains(own.Platforms(), system)
	if m == facts.ByRemoteBuilder || m == facts.Natively && known {
		return c
	}
	if !known {
		c.Emulate = system
	}
	why, worked := "the kernel's binfmt_misc names no program for it", m != ""
	if !r.checking && plan.TinyProgram(system) != nil {
		why, worked = remote.TryEmulation(ctx, c.Builder, system, c.Emulate)
	}
	if worked {
		c.Emulated = facts.Yes
		return c
	}
	c.Emulated = facts.No
	need := r.buildHereWant(c.Told).Need(r.look.here())
	if c.At != nil {
		need = c.buildHostWant().Need(*c.At)
	}
	need.Nix.Emulators, need.Nix.ExtraPlatforms = nil, nil
	return refuse(fmt.Sprintf("no program for %q runs in a build there", system), why, need.Ways())
}

// confirmHostName asks whether a configuration shall really go to a host of another name, where that is all that stops the run and somebody
// is there to ask (nixpkgs#163768). Nix goes on meanwhile.
func (r *Run) confirmHostName(ctx context.Context, c Checked) (Checked, error) {
	asked := -1
	for i, f := range c.Found {
		switch {
		case f.Severity != report.Error || c.Request.Allowed(f.Name):
		case f.Name != "host-name":
			return c, nil
		default:
			asked = i
		}
	}
	if asked < 0 || !r.somebody() || r.checking {
		return c, nil
	}
	r.tellFinding(c.Placed, c.Found[asked], c.Request.Call())
	c.Found = slices.Clone(c.Found)
	c.Found[asked].Told = true
	yes, err := r.Ask.Yes(ctx, fmt.Sprintf("deploy to %s all the same? type yes, in full: ", c.Target.Host.Name))
	if err == nil && yes {
		c.Found = slices.DeleteFunc(c.Found, func(f report.Finding) bool { return f.Name == "host-name" })
	}
	return c, err
}

package rebuild

import (
	"context"
	"sync"

	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
)

// lookHere looks at this machine while ssh connects; d.here waits for the answer.
func (d *deployment) lookHere(ctx context.Context) {
	q := facts.HereQuery{
		Dir: d.session.Dir, BuildHere: d.request.Evaluates() && d.job.Build == nil, Settings: request.SettingWords(d.request), Env: d.session.Env,
	}
	if d.request.Evaluates() {
		q.Flake = d.source.Flake
	}
	for _, m := range []*plan.Machine{d.job.Target, d.job.Build} {
		if m != nil && (m == d.job.Target || d.job.Target != d.job.Build) {
			q.Endpoints = append(q.Endpoints, m.Endpoint)
		}
	}
	answer := make(chan facts.Here, 1)
	go func() { answer <- facts.LookHere(ctx, q) }()
	d.here = sync.OnceValue(func() facts.Here { return <-answer })
}

// evaluatesWhole reports whether nixhop itself evaluates the configuration down to the derivation.
func (d *deployment) evaluatesWhole() bool {
	return (d.job.Dialect == nil || d.job.HandsOver()) && !d.checking && d.request.Evaluates()
}

// hereWant is what the deployment wants of this machine, but for the hosts' own Nix, which is known only once they have answered.
func (d *deployment) hereWant() check.HereWant {
	return check.HereWant{Nix: d.request.Evaluates(), Flake: d.request.Evaluates() && d.source.IsFlake(), Asked: d.checking}
}

// nixThere is the Nix of each host that takes part. The target may be the build host.
func (d *deployment) nixThere() []check.NixThere {
	var there []check.NixThere
	for i, c := range []*connection{d.on, d.at} {
		if c != nil && (i == 0 || c != d.on) {
			there = append(there, check.NixThere{Host: c.machine.Host.String(), Version: c.facts.Nix.Version})
		}
	}
	return there
}

// builderSystemsHere are the systems that remote builders of this machine are for.
func (d *deployment) builderSystemsHere() []string {
	ctx, cancel := context.WithTimeout(context.Background(), facts.NixTime)
	defer cancel()
	n, _ := facts.ParseNixConfig(facts.NixConfig(ctx, request.SettingWords(d.request)), facts.ReadText)
	return n.BuilderSystems
}

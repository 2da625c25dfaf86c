package rebuild

import (
	"context"
	"sync"
)

// lookHere looks at this machine while ssh connects; d.here waits for the answer.
func (d *deployment) lookHere(ctx context.Context) {
	q := HereQuery{
		Dir: d.session.Dir, BuildHere: d.request.evaluates() && d.job.Build == nil, Settings: SettingWords(d.request), Env: d.session.Env,
	}
	if d.request.evaluates() {
		q.Flake = d.source.Flake
	}
	for _, m := range []*Machine{d.job.Target, d.job.Build} {
		if m != nil && (m == d.job.Target || d.job.Target != d.job.Build) {
			q.Endpoints = append(q.Endpoints, m.Endpoint)
		}
	}
	answer := make(chan Here, 1)
	go func() { answer <- LookHere(ctx, q) }()
	d.here = sync.OnceValue(func() Here { return <-answer })
}

// evaluatesWhole reports whether nixhop itself evaluates the configuration down to the derivation.
func (d *deployment) evaluatesWhole() bool {
	return (d.job.Dialect == nil || d.job.handsOver()) && !d.checking && d.request.evaluates()
}

// hereWant is what the deployment wants of this machine, but for the hosts' own Nix, which is known only once they have answered.
func (d *deployment) hereWant() HereWant {
	want := HereWant{Action: d.request.Action, Nix: d.request.evaluates(), Flake: d.request.evaluates() && d.source.IsFlake(), Asked: d.checking}
	if d.target != nil {
		want.Host = d.target.Host.String()
	}
	return want
}

// nixThere is the Nix of each host that takes part. The target may be the build host.
func (d *deployment) nixThere() []NixThere {
	var there []NixThere
	for i, c := range []*connection{d.on, d.at} {
		if c != nil && (i == 0 || c != d.on) {
			there = append(there, NixThere{c.machine.Host.String(), c.facts.Nix.Version})
		}
	}
	return there
}

// builderSystemsHere are the systems that remote builders of this machine are for.
func (d *deployment) builderSystemsHere() []string {
	ctx, cancel := context.WithTimeout(context.Background(), nixTime)
	defer cancel()
	n, _ := parseNixConfig(nixConfig(ctx, SettingWords(d.request)), readText)
	return n.BuilderSystems
}

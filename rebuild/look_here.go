package rebuild

import (
	"context"
	"sync"
)

// lookHere looks at this machine while ssh connects; d.here waits for the answer.
func (d *deployment) lookHere(ctx context.Context) {
	q := HereQuery{
		Dir: d.session.Dir, BuildHere: d.evaluates() && d.job.Build == nil, Settings: SettingWords(d.request), Env: d.session.Env,
	}
	if d.evaluates() {
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

// evaluates reports whether a configuration is evaluated at all.
func (d *deployment) evaluates() bool {
	return !d.request.Has("--rollback") && !d.request.Has("--store-path")
}

// evaluatesWhole reports whether nixhop itself evaluates the configuration down to the derivation.
func (d *deployment) evaluatesWhole() bool {
	return (d.job.Dialect == nil || d.job.handsOver()) && !d.checking && d.evaluates()
}

// hereWant is what the deployment wants of this machine, once all hosts have answered.
func (d *deployment) hereWant() HereWant {
	want := d.wantHere()
	for i, c := range []*connection{d.on, d.at} {
		if c != nil && (i == 0 || c != d.on) { // the target may be the build host
			want.Others = append(want.Others, NixThere{c.machine.Host.String(), c.facts.Nix.Version})
		}
	}
	return want
}

// wantHere is what the deployment wants of this machine, whatever the hosts say.
func (d *deployment) wantHere() HereWant {
	want := HereWant{Action: d.request.Action, Nix: d.evaluates(), Flake: d.evaluates() && d.source.IsFlake(), Asked: d.checking}
	if d.target != nil {
		want.Host = d.target.Host.String()
	}
	return want
}

// builderSystemsHere are the systems that remote builders of this machine are for.
func (d *deployment) builderSystemsHere() []string {
	ctx, cancel := context.WithTimeout(context.Background(), nixTime)
	defer cancel()
	n, _ := parseNixConfig(nixConfig(ctx, SettingWords(d.request)), readText)
	return n.BuilderSystems
}

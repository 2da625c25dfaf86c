package decision

import "nixhop/rebuild/source"

// Derives reports whether nixhop itself evaluates the configuration to its derivation: a plan and a quick check want
// its facts alone. A check goes all the way, whoever would build, for the toplevel may throw behind the facts.
func (k Known) Derives(d Decision) bool {
	if k.Checking {
		return k.Request.Evaluates() && !k.Request.Has("--quick")
	}
	return d.EvaluatesWhole() && !k.Request.Plan
}

// Ahead is the evaluation that is begun before a host has told anything: of the configuration that is the target's
// unless the flake has none of that name. false: nothing is worth to be begun, or nobody can know yet what. What the
// hosts tell later can only make more of it wanted.
func (k Known) Ahead(sketch Decision) (source.Wanted, bool) {
	unused := k.Machine == nil && k.Builder == nil || k.Request.NoCheck && !k.Derives(sketch)
	if k.Target == nil || !k.Source.Names() || !k.Request.Evaluates() || unused || sketch.Crossing.Wanted() ||
		!k.Target.Listed && !k.Target.Fixed(k.Source) {
		return source.Wanted{}, false
	}
	chosen, _, err := source.ChooseConfiguration(*k.Target, k.Source, nil, "")
	return source.Wanted{
		Source: k.Source, Configuration: chosen.Name, Request: sketch.Request, System: sketch.System, Look: k.Checking,
	}, err == nil
}

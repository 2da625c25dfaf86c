package plan

import (
	"testing"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/source"
)

// How far nix is asked to go depends on who needs what comes of it.
func TestAsk(t *testing.T) {
	big, dialect := machineFor("big"), &decision.Dialect{}
	for _, c := range []struct {
		name, line string
		checking   bool
		builder    *decision.Machine
		dialect    *decision.Dialect
		want       evaluation.Reach
	}{
		{"by nixhop", "switch web", false, nil, nil, evaluation.ToDerivation},
		{"by a nixos-rebuild, here", "switch web", false, nil, dialect, evaluation.ToCache},
		{"by a nixos-rebuild, on a build host", "switch web", false, big, dialect, evaluation.ToFacts},
		{"by a nixos-rebuild, another action", "build-vm web", false, nil, dialect, evaluation.ToFacts},
		{"a plan", "switch web --plan", false, nil, nil, evaluation.ToFacts},
		{"a check", "switch web", true, nil, dialect, evaluation.ToDerivation},
		{"a quick check", "check web --quick", true, nil, dialect, evaluation.ToFacts},
	} {
		k := decision.Known{Request: parse(t, c.line), Builder: c.builder, Checking: c.checking}
		d := decision.Decision{Request: k.Request, Engine: c.dialect}
		w := source.Wanted{Source: source.Source{Flake: "."}, Configuration: "web", Request: k.Request}
		q := Ask(k, d, w, []string{"NIX_SSHOPTS=x"})
		if q.Reach != c.want || (len(q.Env) > 0) != (c.want == evaluation.ToDerivation) {
			t.Errorf("%s: %d, with %q", c.name, q.Reach, q.Env)
		}
	}
}

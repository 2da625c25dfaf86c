package plan

import (
	"slices"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Ask is what nix is asked of the configuration, for whoever does the work; env is what it is given beside its
// arguments on the way to a derivation. A nixos-rebuild evaluates by itself, and where it builds here, in a way that
// finds it done.
func Ask(k decision.Known, d decision.Decision, w source.Wanted, env []string) evaluation.Question {
	switch {
	case k.Derives(d):
		return evaluation.Ask(w, evaluation.ToDerivation, env)
	case !k.Checking && !k.Request.Plan && k.Builder == nil && slices.Contains(request.NativeActions, k.Request.Action):
		return evaluation.Ask(w, evaluation.ToCache, nil)
	default:
		return evaluation.Ask(w, evaluation.ToFacts, nil)
	}
}

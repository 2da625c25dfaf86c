package evaluation

import (
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

// Question is what Nix is asked of a configuration: for its facts, or for the derivation of its system, too.
type Question struct {
	nixexec.Command               // that tells both, or the facts alone
	Wanted          source.Wanted // what it asks for; zero: nothing is kept of it
	Reach           Reach         // how far the evaluation goes
}

// Reach says how far an evaluation goes.
type Reach int

// The reaches of an evaluation.
const (
	ToFacts      Reach = iota // and no further
	ToCache                   // further where whoever evaluates next finds it in Nix's cache
	ToDerivation              // all the way
)

// Ask is the question that goes so far; env is what nix is given beside its arguments on the way to a derivation.
func Ask(w source.Wanted, reach Reach, env []string) Question {
	if reach == ToDerivation {
		return Question{Command: nixexec.Command{Argv: w.Derivation(), Env: env}, Wanted: w, Reach: reach}
	}
	return Question{Command: nixexec.Command{Argv: w.Facts()}, Wanted: w, Reach: reach}
}

// With is the question under settings that the user has let the flake make: nothing is kept of that.
func (q Question) With(settings []source.Setting) Question {
	q.Argv = append(slices.Clone(q.Argv), source.Words(settings)...)
	q.Wanted = source.Wanted{}
	return q
}

// cached is Wanted.Cached for the same nix as the question's.
func (q Question) cached(words ...string) nixexec.Command {
	return nixexec.Command{Argv: append(q.Wanted.Cached(), words...), Env: q.Env}
}

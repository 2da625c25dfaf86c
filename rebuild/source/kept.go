package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/cache"
	"nixhop/rebuild/request"
)

// Kept is what is kept, from run to run, of the evaluations of one flake: all of it would come out the same again. A nil
// one keeps nothing.
type Kept struct {
	cache cache.Cache
	lock  func() Lock
}

// Keep keeps what a request evaluates of a source. Nothing is asked before it is wanted, and Nix then once. dir is the
// working directory.
func Keep(ctx context.Context, s Source, r request.Request, dir string, env func(string) string) *Kept {
	return &Kept{
		cache: cache.Find(env),
		lock:  sync.OnceValue(func() Lock { return s.Lock(ctx, r, dir, env) }),
	}
}

// keyed is the key of something that is kept.
func keyed(kind string, parts ...string) string { return kind + "\n" + strings.Join(parts, "\n") }

// factsVersion changes with the expression that tells the facts.
var factsVersion = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(factsNix))
	return hex.EncodeToString(sum[:])
})

// locked is what the flake of an evaluation is, where the evaluation comes out the same in every run.
func (k *Kept) locked(w Wanted) Lock {
	if k == nil || w.Cross != "" || w.System != "" || !nixexec.HasFragment(w.Configuration) || !w.Source.lockable(w.Request) {
		return Lock{}
	}
	return k.lock()
}

// Locked reports whether Nix can have the evaluation in its cache.
func (k *Kept) Locked(w Wanted) bool { return k.locked(w).Fingerprint != "" }

// facts are those of the configuration that a derivation comes from.
func (k *Kept) facts(derivation, configuration string) (Facts, bool) {
	text, ok := k.cache.Get(keyed("facts", factsVersion(), derivation, configuration))
	if !ok {
		return Facts{}, false
	}
	known, err := ReadFacts(text)
	return known, err == nil
}

// keepFacts keeps what does not depend on how the configuration came to its derivation: who else could set its platforms is
// nothing of that kind.
func (k *Kept) keepFacts(derivation, configuration string, known Facts) {
	text, err := json.Marshal(Facts{HostName: known.HostName, System: known.System, BuildSystem: known.BuildSystem})
	if err == nil {
		k.cache.Put(keyed("facts", factsVersion(), derivation, configuration), string(text))
	}
}

// evaluated reports whether a configuration was evaluated before, so that Nix's cache most likely answers. It is never
// more than a guess: that cache can be deleted.
func (k *Kept) evaluated(l Lock, configuration string) bool {
	_, ok := k.cache.Get(keyed("evaluated", l.Fingerprint, configuration))
	return ok
}

func (k *Kept) keepEvaluated(l Lock, configuration string) {
	k.cache.Put(keyed("evaluated", l.Fingerprint, configuration), "")
}

// Names are the flake's nixosConfigurations, as the function Names has them. What sets something for Nix may well make
// them depend on more than the flake.
func (k *Kept) Names(ctx context.Context, s Source, r request.Request) ([]string, error) {
	l := Lock{}
	if s.lockable(r) {
		l = k.lock()
	}
	key := keyed("names", l.Fingerprint)
	constant := l.Fingerprint != "" && l.Quiet
	if constant {
		var names []string
		if text, ok := k.cache.Get(key); ok && json.Unmarshal([]byte(text), &names) == nil && names != nil {
			return names, nil
		}
	}
	names, err := Names(ctx, s.Flake, r)
	if text, bad := json.Marshal(names); constant && err == nil && bad == nil {
		k.cache.Put(key, string(text))
	}
	return names, err
}

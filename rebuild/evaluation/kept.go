package evaluation

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/cache"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// Kept is what is kept, from run to run, of the evaluations of one flake: all of it would come out the same again. A
// nil one keeps nothing.
type Kept struct {
	cache cache.Cache
	lock  func() Lock
	trial *trial
	see   func(s source.Source, names []string) // keeps names for Seen
}

// Keep keeps what a request evaluates of a source. Nothing is asked before it is wanted, and Nix then once. dir is the
// working directory.
func Keep(ctx context.Context, s source.Source, r request.Request, dir string, env func(string) string) *Kept {
	return &Kept{
		cache: cache.Find(env), trial: newTrial(),
		see:  func(s source.Source, names []string) { see(s, dir, env, names) },
		lock: sync.OnceValue(func() Lock { return findLock(ctx, s, r, dir, env) }),
	}
}

// keyed is the key of something that is kept.
func keyed(kind string, parts ...string) string { return kind + "\n" + strings.Join(parts, "\n") }

// locked is what the flake of an evaluation is, where the evaluation comes out the same in every run.
func (k *Kept) locked(w source.Wanted) Lock {
	if k == nil || !w.Source.Form.IsNone() || w.Cross != "" || w.System != "" || !nixexec.HasFragment(w.Configuration) || !lockable(w.Source, w.Request) {
		return Lock{}
	}
	return k.lock()
}

// Locked reports whether Nix can have the evaluation in its cache.
func (k *Kept) Locked(w source.Wanted) bool { return k.locked(w).Fingerprint != "" }

// facts are those of a configuration; of is the derivation that it has, or the fingerprint of its flake.
func (k *Kept) facts(of, configuration string) (source.Facts, bool) {
	text, ok := k.cache.Get(keyed("facts", source.FactsVersion(), of, configuration))
	if !ok {
		return source.Facts{}, false
	}
	known, err := source.ReadFacts(text)
	return known, err == nil
}

// keepFacts keeps what does not depend on how the configuration came to its derivation: who else could set its
// platforms is nothing of that kind.
func (k *Kept) keepFacts(of, configuration string, known source.Facts) {
	text, err := json.Marshal(source.Facts{HostName: known.HostName, System: known.System, BuildSystem: known.BuildSystem})
	if err == nil {
		k.cache.Put(keyed("facts", source.FactsVersion(), of, configuration), string(text))
	}
}

// derivation is what a configuration was evaluated to before.
func (k *Kept) derivation(l Lock, configuration string) (path string, ok bool) {
	path, ok = k.cache.Get(keyed("derivation", l.Fingerprint, configuration))
	return path, ok && nixexec.StorePath.MatchString(path)
}

func (k *Kept) keepDerivation(l Lock, configuration, path string) {
	k.cache.Put(keyed("derivation", l.Fingerprint, configuration), path)
}

// Names are the flake's nixosConfigurations, as source.Names has them. What sets something for Nix may well make
// them depend on more than the flake.
func (k *Kept) Names(ctx context.Context, s source.Source, r request.Request) ([]string, error) {
	l := Lock{}
	if lockable(s, r) {
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
	var beside []string
	if l.Fingerprint != "" {
		beside = []string{noCache}
	}
	names, err := source.Names(ctx, s.Flake, r, beside...)
	if err == nil {
		k.see(s, names)
	}
	if text, bad := json.Marshal(names); constant && err == nil && bad == nil {
		k.cache.Put(key, string(text))
	}
	return names, err
}

// Names are the configurations of a source; without a flake there are none. dir and env are those of Keep. The errors
// are those of source.Names.
func Names(ctx context.Context, s source.Source, r request.Request, dir string, env func(string) string) ([]string, error) {
	if !s.IsFlake() {
		return nil, nil
	}
	return Keep(ctx, s, r, dir, env).Names(ctx, s, r)
}

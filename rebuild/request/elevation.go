package request

import "nixhop/rebuild/facts"

// Method is how the user says that root is gained: "sudo", "run0", "none", or "" for any way. As for nixos-rebuild,
// --elevate wins over --sudo, and a password that is to be asked for is sudo's unless something else is said.
func (r Request) Method() string {
	switch {
	case r.Has("--elevate"):
		return r.Value("--elevate")
	case r.Has("--sudo"), r.Has("--ask-elevate-password"):
		return string(facts.BySudo)
	}
	return ""
}

// Ways are the ways to root that may be taken: the one that the user named, or any.
func (r Request) Ways() []facts.Way {
	switch method := r.Method(); method {
	case "":
		return facts.EveryWay[:]
	case "none":
		return nil
	default:
		return []facts.Way{facts.Way(method)}
	}
}

// Elevates reports whether the user said how root is gained.
func (r Request) Elevates() bool {
	return r.Has("--sudo") || r.Has("--elevate") || r.Has("--ask-elevate-password")
}

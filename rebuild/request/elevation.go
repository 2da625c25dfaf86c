package request

import (
	"nixhop/nixexec"
	"nixhop/rebuild/facts"
)

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

// SudoWords are the user's own options of sudo (NIX_SUDOOPTS), which stand in front of the command. The error is wrong
// usage.
func (r Request) SudoWords() ([]string, error) {
	words, err := nixexec.SplitWords(r.SudoOpts)
	if err != nil {
		return nil, &UsageError{
			Message: "reading NIX_SUDOOPTS " + nixexec.Quoted(r.SudoOpts) + ": " + err.Error(),
			Hint:    "quote it as for a shell, or leave it out: unset NIX_SUDOOPTS",
		}
	}
	return words, nil
}

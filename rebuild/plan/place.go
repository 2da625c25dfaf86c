package plan

import (
	"slices"

	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Place says where a system is built.
type Place struct {
	Here   bool
	Target bool        // on the host that it is for
	Host   sshcfg.Host // the build host, when it is neither
}

// localNames all mean this machine; nixos-rebuild takes only the empty one so and opens an ssh connection to localhost
// otherwise (nixpkgs#148921, #211459).
var localNames = []string{"", "local", "localhost"}

// PlaceBuild decides where to build: --build-host, else the alias's hint, else here. ownName is this machine's host
// name. A build host that is the target itself, however it was written, is the target. Where nothing is built none is
// wanted, and a hint says nothing of what is done here for a host that is only named.
func PlaceBuild(r request.Request, t *source.Target, ownName string) (Place, error) {
	if !r.Evaluates() {
		return Place{Here: true}, nil
	}
	word := r.BuildHost
	if !r.BuildHostGiven && t != nil && slices.Contains(request.NativeActions, r.Action) {
		word = t.Hints.BuildHost
	}
	if slices.Contains(localNames, word) || word == ownName {
		return Place{Here: true}, nil
	}
	if word == "target" {
		if t == nil {
			return Place{}, &request.UsageError{Message: `--build-host target needs a target`, Hint: "name the host: nixhop " + r.Action + " HOST --build-host target"}
		}
		return Place{Target: true}, nil
	}
	host, err := sshcfg.ParseHost(word)
	if err != nil {
		return Place{}, &request.UsageError{Message: "--build-host: " + err.Error()}
	}
	if t != nil && host == t.Host {
		return Place{Target: true}, nil
	}
	return Place{Host: host}, nil
}

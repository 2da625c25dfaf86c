package decision

import (
	"fmt"
	"os"
	"slices"

	"nixhop/rebuild/report"
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

// Hosts are the hosts that a deployment to a target (nil: this machine) is told of, with a third one that it is built
// on.
func (p Place) Hosts(t *source.Target) (hosts []sshcfg.Host) {
	if t != nil {
		hosts = append(hosts, t.Host)
	}
	if !p.Here && !p.Target {
		hosts = append(hosts, p.Host)
	}
	return hosts
}

// localNames all mean this machine; nixos-rebuild takes only the empty one so and opens an ssh connection to localhost
// otherwise (nixpkgs#148921, #211459).
var localNames = []string{"", "local", "localhost"}

// BuildWord is what says where to build: --build-host, else the hint of the alias. A hint says nothing of what is done
// here for a host that is only named.
func BuildWord(r request.Request, t *source.Target) string {
	if !r.BuildHostGiven && t != nil && slices.Contains(request.NativeActions, r.Action) {
		return t.Hints.BuildHost
	}
	return r.BuildHost
}

// AmbiguousBuildHost says what a word is taken for that is an alias of the ssh config, too; empty: there is no
// question. The words that nixhop gives a meaning keep it; this machine's own name, which may be any ("nixos"), is no
// such word.
func AmbiguousBuildHost(word, ownName string, isAlias func(string) bool) string {
	if word == "" || !isAlias(word) {
		return ""
	}
	switch {
	case word == "target":
		return `--build-host target is the host itself; for the alias of that name: --build-host ssh://target`
	case slices.Contains(localNames, word):
		return fmt.Sprintf("--build-host %s is this machine; for the alias of that name: --build-host ssh://%s", word, word)
	case word == ownName:
		return fmt.Sprintf("--build-host %s is the alias of the ssh config; for this machine: --build-host local", word)
	}
	return ""
}

// PlaceBuild decides where to build: by BuildWord, else here. ownName is this machine's host name, unless that is an
// alias, too. A build host that is the target itself, however it was written, is the target. Where nothing is built
// none is wanted.
func PlaceBuild(r request.Request, t *source.Target, ownName string) (Place, error) {
	if !r.Evaluates() {
		return Place{Here: true}, nil
	}
	word := BuildWord(r, t)
	if slices.Contains(localNames, word) || word == ownName {
		return Place{Here: true}, nil
	}
	if word == "target" {
		if t == nil {
			return Place{}, &request.UsageError{Message: `--build-host target needs a target`, Hint: "name the host: " + r.On("HOST").Offer(report.Again())}
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

// OwnName is this machine's name as far as it names a build host, which an alias of that name does before it, and what
// there is to say of words that could be meant otherwise.
func OwnName(r request.Request, targets []*source.Target, inv sshcfg.Inventory) (own string, said []string) {
	own, _ = os.Hostname()
	isAlias := func(name string) bool { _, found := inv.Find(name); return found }
	said = AmbiguousBuildHosts(r, targets, own, isAlias)
	if isAlias(own) {
		own = ""
	}
	return own, said
}

// AmbiguousBuildHosts are the sentences about build hosts that could be meant otherwise, each once.
func AmbiguousBuildHosts(r request.Request, targets []*source.Target, own string, isAlias func(string) bool) (said []string) {
	for _, t := range targets {
		text := AmbiguousBuildHost(BuildWord(r, t), own, isAlias)
		if text != "" && !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return said
}

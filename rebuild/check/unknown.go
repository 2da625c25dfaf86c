package check

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// NotReached are the findings about a host that gave no connection. To what ssh said is added what this machine's own
// keys and agent have to do with it, here, and to a name that has no address which alias may be meant. asked and env
// are as in HereWant and Unlisted.
func NotReached(l Login, f sshcfg.Failure, asked bool, here func() facts.Here, inv sshcfg.Inventory, env func(string) string) []report.Finding {
	found := []report.Finding{Connection(l, f)}
	if f.Kind == sshcfg.Denied && !f.Accepted() {
		found = append(found, Keys(here(), HereWant{Asked: asked, Denied: []string{l.Endpoint.Alias}})...)
	}
	return Unlisted(found, aliasName(l.Alias), f, inv, env)
}

// Unlisted adds to the finding about a name that has no address that it stands in no ssh config, and the aliases that
// may be meant. ssh was asked all the same: a name may have its address from elsewhere (MagicDNS, a VPN that is down
// now). env is the environment of this process.
func Unlisted(found []report.Finding, name string, failure sshcfg.Failure, inv sshcfg.Inventory, env func(string) string) []report.Finding {
	i := slices.IndexFunc(found, func(f report.Finding) bool { return f.Name == "host-unreachable" })
	if i < 0 || failure.Kind != sshcfg.Unresolved || failure.Host != name || inv.Matches(name) {
		return found
	}
	found = slices.Clone(found)
	f := &found[i]
	if owner := facts.AliasBeforeSudo(env, name); owner != "" {
		f.Why = fmt.Sprintf("the alias stands only in the ssh config of %q, and sudo makes root's the one in use", owner)
		f.Remedy = []report.Remedy{report.Again().Note("without sudo: root is gained on the host")}
		return found
	}
	f.Why = "the ssh config has no such alias; " + f.Why
	if near := sshcfg.Nearest(name, inv.Names(), 3); len(near) > 0 {
		f.Why = "did you mean " + strings.Join(near, " or ") + "? " + f.Why
	}
	f.Remedy = append(slices.Clone(f.Remedy), report.Nixhop("hosts"))
	return found
}

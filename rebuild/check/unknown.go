package check

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// Unlisted adds to the finding about a name that has no address that it stands in no ssh config, and the aliases that may be
// meant. ssh was asked all the same: a name may have its address from elsewhere (MagicDNS, a VPN that is down now). env
// is the environment of this process.
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

package check

import (
	"fmt"

	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// OtherAddress is the warning that an inventory has another address for its node than the ssh config has for the alias
// by which it is reached: one machine may have both, or it is the wrong one. alias is as ssh takes it, hostName what
// ssh makes of it; a nil node is none.
func OtherAddress(alias, hostName string, n *inventory.Node) []report.Finding {
	host, err := sshcfg.ParseHost(alias)
	if err != nil || n == nil || hostName == "" || n.Host == "" || n.Host == n.Name || n.Host == hostName || n.Host == host.Name {
		return nil
	}
	return []report.Finding{{
		Name: "node-address", Severity: report.Warning, Host: alias,
		What: fmt.Sprintf("%q is reached at %q, and the %s inventory has node %q at %q", host.Name, hostName, n.Form.Kind, n.Name, n.Host),
		Why:  "the command line and the ssh config come before an inventory; one machine may have both addresses",
	}}
}

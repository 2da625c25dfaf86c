package decision

import (
	"cmp"

	"nixhop/nixexec/ssh"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// Machine is a host that takes part in a deployment, and how it is reached. A nil *Machine is this machine.
type Machine struct {
	Host     sshcfg.Host       // as it goes to ssh, nix and nixos-rebuild
	Endpoint sshcfg.Endpoint   // what ssh makes of that
	Master   ssh.MasterOptions // its one connection
	Alias    string            // of the run's own ssh config, for Nix and nixos-rebuild, which do not take the host; else empty
}

// StoreURL is the host as `nix copy` takes it. An IPv6 address stands in brackets, its zone's '%' is escaped (nix
// store URLs, RFC 6874).
func (m *Machine) StoreURL(t Transfer) string {
	if m.Alias != "" {
		return t.Scheme() + "://" + m.Alias
	}
	return t.Scheme() + "://" + m.Host.Authority()
}

// Called is the machine in a sentence; nil is this one.
func (m *Machine) Called() string {
	if m == nil {
		return report.Here
	}
	return m.Host.String()
}

// Word is the host as nixos-rebuild takes it.
func (m *Machine) Word() string { return cmp.Or(m.Alias, m.Host.String()) }

// Is reports whether ssh knows the machine by the name of an endpoint.
func (m *Machine) Is(e sshcfg.Endpoint) bool { return e.Alias == m.Endpoint.Alias }

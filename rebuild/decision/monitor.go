package decision

import "nixhop/rebuild/facts"

// monitorMinor is the minor version of the first Nix 2 whose every command has --log-format (nix: loggers.hh, 2.4).
const monitorMinor = 4

// Monitored reports whether nix-output-monitor is wanted, and the Nix that builds has what it reads. That of this
// machine is new enough for it, whatever it is.
func (k Known) Monitored() bool {
	if k.At == nil {
		return k.Request.Monitored()
	}
	major, minor := facts.Version(k.At.Nix.Version)
	return k.Request.Monitored() && (major > 2 || major == 2 && minor >= monitorMinor)
}

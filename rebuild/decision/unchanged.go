package decision

import (
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// Has reports whether a host is known to have a system in its store: it runs, boots or has booted it, so that no garbage
// collection takes it away.
func Has(on *facts.Host, system string) bool {
	return on != nil && system != "" && (system == on.System.Current || system == on.System.Profile || system == on.System.Booted)
}

// Unchanged reports whether a host has nothing to gain from an activation of system: it runs that already, where the
// action is to have it run, and boots it, where the action is to have it boot. What the probe does not tell of (another
// profile, a specialisation, the boot loader) is no reason to leave anything out.
func Unchanged(r request.Request, on *facts.Host, system string) bool {
	if on == nil || system == "" || on.System.NixOS != facts.Yes {
		return false
	}
	for _, more := range []string{"--profile-name", "--specialisation", "--install-bootloader", "--rollback", "--generation"} {
		if r.Has(more) {
			return false
		}
	}
	runs, boots := on.System.Current == system, on.System.Profile == system
	switch r.Action {
	case "switch":
		return runs && boots
	case "boot":
		return boots
	case "test":
		return runs
	}
	return false
}

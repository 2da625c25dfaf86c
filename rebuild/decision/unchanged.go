package decision

import (
	"slices"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// Has reports whether a host is known to have a system in its store: it runs, boots or has booted it, so that no
// garbage collection takes it away.
func Has(on *facts.Host, system string) bool {
	return on != nil && system != "" && (system == on.System.Current || system == on.System.Profile || system == on.System.Booted)
}

// always are the flags with which an activation does more than what the probe tells of, or is wanted whatever that is.
var always = []string{"--profile-name", "--specialisation", "--install-bootloader", "--rollback", "--generation", "--repair", "--force"}

// states says what a host that stands does with its system, by action.
var states = map[string]string{"switch": "runs and boots", "boot": "boots", "test": "runs"}

// Spares tells for which state of its host an activation may be left out, as in "runs and boots"; empty: it never is.
func Spares(r request.Request) string {
	if slices.ContainsFunc(always, r.Has) {
		return ""
	}
	return states[r.Action]
}

// activates lists the actions that do what each one does, and maybe more.
var activates = map[string][]string{"switch": {"switch"}, "boot": {"switch", "boot"}, "test": {"switch", "test"}}

// Standing is the system with which a host has nothing to gain from an activation: it runs that already, where the
// action is to have it run, and boots it, where the action is to have it boot. Empty: there is none, or the host does
// not tell enough, or its last activation did not go well. One host is activated again, as nixos-rebuild would, unless
// it is known that nothing comes of that: the last activation went well, and no unit has failed since.
func Standing(r request.Request, on *facts.Host, many bool) string {
	if on == nil || on.System.NixOS != facts.Yes || on.AtWork || slices.ContainsFunc(on.Switches, facts.Unit.Running) ||
		Spares(r) == "" {
		return ""
	}
	system := ""
	switch s := on.System; {
	case r.Action == "test", r.Action == "switch" && s.Current == s.Profile:
		system = s.Current
	case r.Action == "boot":
		system = s.Profile
	}
	last := on.Last.Started == system
	// A profile is set before the boot loader is installed, which can fail.
	well := last && on.Last.Well && slices.Contains(activates[r.Action], on.Last.Action) || on.System.Booted == system
	switch {
	case last && !on.Last.Well, r.Action == "boot" && !well, !many && (!well || on.Failing != facts.No):
		return ""
	}
	return system
}

package explain

import (
	"regexp"
	"strconv"
	"strings"

	"nixhop/nixexec"
)

// Logged is what switch-to-configuration has told the journal of its last run: it does so as it begins to activate,
// behind the boot loader, and at its end (nixpkgs: switch-to-configuration-ng, and the one in Perl before it). Its zero
// value is that there was none.
type Logged struct {
	System string // that was activated, or its specialisation; empty: it has told nothing
	Ended  bool   // it has told its end
	Status int    // that it ended with then
}

// The texts of switch-to-configuration in the journal.
const (
	loggedBegin  = "switching to system configuration "
	loggedEnd    = "finished " + loggedBegin
	loggedFailed = " failed (status "
)

// ParseLogged reads the messages of switch-to-configuration, a line each.
func ParseLogged(text string) (l Logged) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if system, is := strings.CutPrefix(line, loggedEnd); is {
			l = Logged{System: nixexec.Printable(system), Ended: true}
			continue
		}
		rest, is := strings.CutPrefix(line, loggedBegin)
		if !is {
			continue
		}
		if system, status, failed := strings.Cut(rest, loggedFailed); failed {
			n, err := strconv.Atoi(strings.TrimSuffix(status, ")"))
			l = Logged{System: nixexec.Printable(system), Ended: err == nil && n > 0, Status: n}
			continue
		}
		system, _, _ := strings.Cut(rest, " ")
		l = Logged{System: nixexec.Printable(system)}
	}
	return l
}

// Asked is what a nixos-rebuild has asked a host for. Its zero value is that nothing is known of that.
type Asked struct {
	Heard  bool   // something is
	Set    bool   // it had a profile set
	Ran    bool   // it had a system activated
	System string // its store path; empty: that was not said, but the profile or a specialisation
}

// activating finds the activation in a command, and of which system.
var activating = regexp.MustCompile(`(?:^|[ '"])(/nix/\S+)/bin/switch-to-configuration['"]? ['"]?(?:switch|test)['"]?$`)

// ParseAsked reads the commands that a host was asked for over a connection; the last activation counts.
func ParseAsked(commands []string) (a Asked) {
	a.Heard = len(commands) > 0
	for _, command := range commands {
		a.Set = a.Set || strings.Contains(command, "nix-env -p ")
		if m := activating.FindStringSubmatch(command); m != nil {
			a.Ran, a.System = true, ""
			if nixexec.StorePath.MatchString(m[1]) {
				a.System = m[1]
			}
		}
	}
	return a
}

// Of is what was logged of this activation: nothing where somebody else's was logged last.
func (a Asked) Of(l Logged) Logged {
	if !a.Ran || a.System != "" && l.System != a.System {
		return Logged{}
	}
	return l
}

package decision

import (
	"slices"

	"nixhop/rebuild/facts"
)

// elevation is what stands in front of a command that needs root, by one of these ways. Where none of them is there it
// is the first, whose absence the host then reports itself. options are the user's own for sudo.
func elevation(e facts.Elevation, ways []facts.Way, options []string) []string {
	way, _ := e.Way(ways)
	if way == "" && len(ways) > 0 {
		way = ways[0]
	}
	if way != facts.BySudo {
		options = nil
	}
	return slices.Concat(e.Words(way), options)
}

// elevates reports whether this nixos-rebuild can take a way: all know sudo, the newest run0 (NixOS/nixpkgs#512018),
// none doas.
func (d Dialect) elevates(w facts.Way) bool {
	return w == facts.BySudo || w == facts.ByRun0 && d.Knows("--elevate")
}

// ElevateWords ask this nixos-rebuild for a way, where it has a word for it.
func (d Dialect) ElevateWords(elevate []string) []string {
	if slices.Equal(elevate, facts.ByRun0.Words()) && d.elevates(facts.ByRun0) {
		return []string{"--elevate", string(facts.ByRun0)}
	}
	if flag, ok := d.Spell("--sudo"); ok {
		return []string{flag}
	}
	return nil
}

// LocalElevation stands in front of what needs root on this machine, unless this process is root: there each of the
// ways may ask on the terminal. Of the ways that may be taken it is the first whose program is installed, else the
// first.
func LocalElevation(ways []facts.Way, options []string, root bool, installed func(program string) bool) []string {
	if root {
		return nil
	}
	by := func(w facts.Way) []string {
		if w == facts.BySudo {
			return append([]string{string(w)}, options...)
		}
		return []string{string(w)}
	}
	if i := slices.IndexFunc(ways, func(w facts.Way) bool { return installed(string(w)) }); i >= 0 {
		return by(ways[i])
	}
	if len(ways) > 0 {
		return by(ways[0])
	}
	return nil
}

// withPassword runs what follows as root with the password on the first line of standard input. The shell between
// skips lines up to ScriptMark: a sudo that wanted no password after all has left that line, which must not be run as
// a command.
func withPassword(options []string) []string {
	return append(append([]string{"sudo", "-k", "-S", "-p", ""}, options...), "/bin/sh", "-c",
		`while IFS= read -r line && [ "$line" != `+ScriptMark+` ]; do :; done; exec "$@"`, "sh")
}

// ScriptMark stands between the password and the script on standard input.
const ScriptMark = "nixhop-script-follows"

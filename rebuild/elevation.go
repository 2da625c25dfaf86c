package rebuild

import (
	"slices"

	"nixhop/nixexec"
)

// Way is a program by which a login becomes root.
type Way string

// The ways to root. nixos-rebuild has the same words for those that it knows (--elevate).
const (
	BySudo Way = "sudo"
	ByDoas Way = "doas"
	ByRun0 Way = "run0"
)

// everyWay is in the order of preference.
var everyWay = [...]Way{BySudo, ByDoas, ByRun0}

// words stand in front of a command on a host that needs root. None of them ever asks for a password: whether they work without one was
// found out before. run0 is spelled out as what it does where there is no terminal (systemd's src/run/run.c), which older releases
// can do, too, and which starts no session that would end with the connection. A unit inherits nothing of the login's environment: of that
// only the way to the locales matters, as for nixos-rebuild.
func (w Way) words() []string {
	switch w {
	case BySudo:
		return []string{"sudo", "-n"}
	case ByDoas:
		return []string{"doas", "-n"}
	case ByRun0:
		return []string{"systemd-run", "--uid=0", "--pipe", "--quiet", "--wait", "--collect", "--no-ask-password", "-E", "LOCALE_ARCHIVE"}
	}
	return nil
}

// free reports whether a way works without a password; Unsaid where it is not there or was not tried.
func (e Elevation) free(w Way) Answer {
	switch w {
	case BySudo:
		return e.SudoFree
	case ByDoas:
		return e.DoasFree
	case ByRun0:
		return e.Run0Free
	}
	return Unsaid
}

// there reports whether the program of a way is on the host.
func (e Elevation) there(w Way) bool {
	switch w {
	case BySudo:
		return e.Sudo != ""
	case ByDoas:
		return e.Doas != ""
	}
	return w == ByRun0 && e.Run0Free != Unsaid
}

// way chooses among the ways that may be taken: the first that works without a password, else the first that is there, else "".
func (e Elevation) way(ways []Way) (way Way, free bool) {
	if i := slices.IndexFunc(ways, func(w Way) bool { return e.free(w) == Yes }); i >= 0 {
		return ways[i], true
	}
	if i := slices.IndexFunc(ways, e.there); i >= 0 {
		return ways[i], false
	}
	return "", false
}

// elevation is what stands in front of a command that needs root, by one of these ways. Where none of them is there it is the first, whose
// absence the host then reports itself.
func elevation(e Elevation, ways []Way) []string {
	way, _ := e.way(ways)
	if way == "" && len(ways) > 0 {
		way = ways[0]
	}
	return way.words()
}

// method is how the user says that root is gained: "sudo", "run0", "none", or "" for any way. As for nixos-rebuild, --elevate wins over
// --sudo, and a password that is to be asked for is sudo's unless something else is said.
func (r Request) method() string {
	switch {
	case r.Has("--elevate"):
		return r.Value("--elevate")
	case r.Has("--sudo"), r.Has("--ask-elevate-password"):
		return string(BySudo)
	}
	return ""
}

// ways are the ways to root that may be taken: the one that the user named, or any.
func (r Request) ways() []Way {
	switch method := r.method(); method {
	case "":
		return everyWay[:]
	case "none":
		return nil
	default:
		return []Way{Way(method)}
	}
}

// elevates reports whether this nixos-rebuild can take a way: all know sudo, the newest run0 (NixOS/nixpkgs#512018), none doas.
func (d Dialect) elevates(w Way) bool {
	return w == BySudo || w == ByRun0 && d.Knows("--elevate")
}

// elevateWords ask this nixos-rebuild for a way, where it has a word for it.
func (d Dialect) elevateWords(elevate []string) []string {
	if slices.Equal(elevate, ByRun0.words()) && d.elevates(ByRun0) {
		return []string{"--elevate", string(ByRun0)}
	}
	if flag, ok := d.Spell("--sudo"); ok {
		return []string{flag}
	}
	return nil
}

// localElevation stands in front of what needs root on this machine, where each of the ways may ask on the terminal. Of the ways that may be
// taken it is the first whose program is installed, else the first.
func localElevation(ways []Way, installed func(program string) bool) []string {
	if i := slices.IndexFunc(ways, func(w Way) bool { return installed(string(w)) }); i >= 0 {
		return []string{string(ways[i])}
	}
	if len(ways) > 0 {
		return []string{string(ways[0])}
	}
	return nil
}

func installed(program string) bool {
	_, err := nixexec.LookPath(program)
	return err == nil
}

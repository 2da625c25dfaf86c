package facts

import "slices"

// Way is a program by which a login becomes root.
type Way string

// The ways to root. nixos-rebuild has the same words for those that it knows (--elevate).
const (
	BySudo Way = "sudo"
	ByDoas Way = "doas"
	ByRun0 Way = "run0"
)

// EveryWay is in the order of preference.
var EveryWay = [...]Way{BySudo, ByDoas, ByRun0}

// Words stand in front of a command on a host that needs root. None of them ever asks for a password: whether they
// work without one was found out before. run0 is spelled out as what it does where there is no terminal (systemd's
// src/run/run.c), which older releases can do, too, and which starts no session that would end with the connection. A
// unit inherits nothing of the login's environment: of that only the way to the locales matters, as for nixos-rebuild.
func (w Way) Words() []string {
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

// Way chooses among the ways that may be taken: the first that works without a password, else the first that is there,
// else "".
func (e Elevation) Way(ways []Way) (way Way, free bool) {
	if i := slices.IndexFunc(ways, func(w Way) bool { return e.free(w) == Yes }); i >= 0 {
		return ways[i], true
	}
	if i := slices.IndexFunc(ways, e.there); i >= 0 {
		return ways[i], false
	}
	return "", false
}

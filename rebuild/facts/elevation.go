package facts

import (
	"regexp"
	"slices"
	"strings"
)

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
		if e.SudoByPAM == Yes {
			return Yes
		}
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

// Words stand in front of a command that needs root, by a way: those of the way itself, but where PAM lets the login
// in, for sudo leaves that out with -n. It asks nobody all the same: there is no terminal.
func (e Elevation) Words(w Way) []string {
	if w == BySudo && e.SudoFree != Yes && e.SudoByPAM == Yes {
		return []string{"sudo"}
	}
	return w.Words()
}

// wantsPassword finds what sudo and sudo-rs say where a password would help.
var wantsPassword = regexp.MustCompile(`a password is required|no tty present|terminal is required|authentication is required`)

// SudoAsks reports whether sudo wants a password: any other failure is none that a password helps against.
func (e Elevation) SudoAsks() bool { return e.SudoFree == No && SudoWants(e.SudoSays) }

// SudoWants reports whether a text of sudo says that it wants a password.
func SudoWants(says string) bool { return wantsPassword.MatchString(says) }

// SudoWrong reports whether a text of sudo says that a password was the wrong one, or none; with everything else that
// it says the next one will not do, either.
func SudoWrong(says string) bool { return SudoWants(says) || wrongPassword.MatchString(says) }

// wrongPassword finds the words of sudo, of sudo-rs and of PAM.
var wrongPassword = regexp.MustCompile(`(?i)try again|incorrect (?:password|authentication) attempt|no password was provided` +
	`|authentication (?:failed|failure)`)

// sudoAside finds what sudo says beside the reason why it fails.
var sudoAside = regexp.MustCompile(`unable to resolve host|unable to initialize|^\s*$`)

// SudoReason is why sudo does not do what it is asked for, in its own words: the first of its lines that is no remark
// on something else. Lines that follow explain it.
func SudoReason(says string) string {
	lines := strings.Split(strings.ReplaceAll(says, "\n", lineBreak), lineBreak)
	i := slices.IndexFunc(lines, func(line string) bool { return !sudoAside.MatchString(line) })
	if j := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "a password is required") }); j >= 0 {
		i = j
	}
	return strings.TrimSpace(lines[max(i, 0)])
}

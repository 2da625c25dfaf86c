package nixexec

import "strings"

// HostPrograms is the assignment of the directories in which NixOS and other installations of Nix have their programs.
// A script puts them behind what PATH says: that of a login that is not interactive may lack them.
func HostPrograms() [2]string {
	return [2]string{"programs",
		"/run/wrappers/bin:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
}

// Assignments are the lines that set variables in front of a script that a POSIX shell reads: pairs of a name and a
// value.
func Assignments(pairs ...[2]string) string {
	var b strings.Builder
	for _, pair := range pairs {
		b.WriteString(pair[0] + "=" + Quote(pair[1]) + "\n")
	}
	return b.String()
}

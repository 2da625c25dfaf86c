package facts

import (
	_ "embed"
	"strconv"

	"nixhop/nixexec"
)

// ProbeLimit is how many bytes of a probe's answer are worth reading: an honest one has a few KiB, and what a login
// shell prints before it has room beside that.
const ProbeLimit = 1 << 20

//go:embed probe.sh
var probeScript string

// Query says what a probe asks a host.
type Query struct {
	Target    bool   // what matters on a target: ways to root, running deployments, failed units
	BuildHost bool   // what matters on a build host: platforms, features, builders
	Run0      bool   // run0 is tried even where sudo or doas works without a password
	Sudo      string // the user's own options of sudo (NIX_SUDOOPTS), in words for a shell
	Wanted    int    // a generation of the profile that is asked for; 0: none
	Profile   string // the system profile's name as --profile-name has it; empty is "system"
}

// ProbeScript returns the text that a host gets on the standard input of `/bin/sh -s`: never as an argument, since the
// login shell between need not be a POSIX one. The answer stands between two marker lines that hold the nonce, which
// must be new each time; after EndMarker the script stays until its standard input ends, and so keeps the connection
// of its session open.
func ProbeScript(nonce string, query Query) string {
	return nixexec.Assignments(
		[2]string{"nonce", nonce},
		[2]string{"profile", ProfilePath(query.Profile)},
		[2]string{"wanted", GenerationWord(query.Wanted)},
		[2]string{"runs", runsDir},
		[2]string{"target", oneOrZero(query.Target)},
		[2]string{"build", oneOrZero(query.BuildHost)},
		[2]string{"run0", oneOrZero(query.Run0)},
		[2]string{"sudo_options", query.Sudo},
		BootParts(),
		nixexec.HostPrograms(),
	) + probeScript
}

// EndMarker returns the line that ends the answer to a probe.
func EndMarker(nonce string) string { return "nixhop-end-" + nonce }

// beginMarker returns what stands before the answer; no line of the script's own text holds it, so that an echo of the
// script is not taken for an answer.
func beginMarker(nonce string) string { return "nixhop-begin-" + nonce }

func oneOrZero(set bool) string {
	if set {
		return "1"
	}
	return "0"
}

// GenerationWord is the number of a generation for a script on a host; empty: 0, which is none.
func GenerationWord(number int) string {
	if number == 0 {
		return ""
	}
	return strconv.Itoa(number)
}

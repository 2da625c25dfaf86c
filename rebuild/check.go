package rebuild

import (
	"strconv"
	"strings"
	"time"

	"nixhop/nixexec"
)

// Limits of the checks. What a host falls short of by a limit that ends in Error stops the run, by one that ends in Warning it
// does not.
const (
	StoreSpaceError   = 256 << 10 // KiB left where /nix/store lies; a switch writes this much without any new package
	StoreSpaceWarning = 2 << 20   // KiB; about what an update of a small system takes
	BootSpaceError    = 2 << 10   // KiB left in /boot or the ESP; a boot loader cannot even write its entries
	BootSpaceWarning  = 60 << 10  // KiB; where the size of the running kernel and initrd is not known
	BootKernels       = 3         // kernels and initrds that /boot has room for; below that it is worth a note
	TmpSpaceWarning   = 1 << 20   // KiB left in /tmp of a build host
	InodesError       = 2_000     // left where /nix/store lies
	InodesWarning     = 50_000    // about what an update of a small system takes
	ClockWarning      = 5 * time.Minute

	// SystemdSetenv is the first systemd whose systemd-run takes `-E NAME`, as nixos-rebuild gives it (NixOS/nixpkgs#476801).
	SystemdSetenv = 248
)

// TargetWant is what a deployment is about to do with its target. What is left empty is not checked.
type TargetWant struct {
	Host        string    // as typed, and as ssh takes it
	Action      string    // "switch": for the commands that are offered
	HostName    string    // networking.hostName of the configuration
	System      string    // that the configuration is for: "x86_64-linux"
	Root        bool      // the action needs root there
	Ways        []Way     // to root, those that may be taken; none: the login must be root
	AskLate     bool      // it is nixos-rebuild that asks
	AskPassword bool      // a sudo password could be asked for and used
	Unsigned    bool      // paths that nobody signed are copied to it
	PublicKey   string    // a public key line of the user, for the lines that are offered
	Now         time.Time // the clock here
}

// BuildHostWant is what a deployment is about to do with its build host. What is left empty is not checked.
type BuildHostWant struct {
	Host     string // as typed, and as ssh takes it
	Action   string // "switch": for the commands that are offered
	Target   string // the host that is deployed, as typed; the same as Host where it builds for itself
	System   string // that is built: "x86_64-linux"
	Unsigned bool   // paths that nobody signed are copied to it

	For          string   // that the configuration is for, where that is not System: it is cross-compiled
	NoCross      bool     // the configuration takes no other build platform
	TargetSystem System   // of the target
	Elsewhere    []string // systems of the remote builders of this machine
}

// CheckTarget returns what stands in the way of a deployment to a host, and what else its user should know before.
func CheckTarget(f Facts, want TargetWant) []Finding {
	var all findings
	all.add(want.Host,
		loginShellNoise(f, want.Host),
		nixMissing(f, want.Host),
		storeRefused(f, want.Host),
	)
	if want.Root {
		all.add(want.Host, noRoot(f, want))
	}
	if want.Unsigned {
		all.add(want.Host, notTrusted(f, want.Host, want.Action))
	}
	all.add(want.Host,
		notNixOS(f),
		tooOld(f, want),
		switchRunning(f, want.Host),
		storeSpace(f, want.Host),
		bootSpace(f, want.Host),
		inodes(f, want.Host),
		clockOff(f, want),
		rebootPending(f, want.Host),
	)
	return all
}

// CheckTargetFits returns what is wrong between a host and the configuration for it.
func CheckTargetFits(f Facts, want TargetWant) []Finding {
	var all findings
	all.add(want.Host, targetPlatform(f, want.System), otherHost(f, want))
	return all
}

// CheckBuildHost returns what stands in the way of building on a host. What CheckTarget says too is left out where the build host
// is the target.
func CheckBuildHost(f Facts, want BuildHostWant) []Finding {
	var all findings
	if want.Host != want.Target {
		all.add(want.Host,
			loginShellNoise(f, want.Host),
			nixMissing(f, want.Host),
			storeRefused(f, want.Host),
			storeSpace(f, want.Host),
			inodes(f, want.Host),
		)
		if want.Unsigned {
			all.add(want.Host, notTrusted(f, want.Host, ""))
		}
	}
	all.add(want.Host, tmpSpace(f))
	return all
}

// CheckBuildHostFits returns what keeps a build host from building for the configuration's system.
func CheckBuildHostFits(f Facts, want BuildHostWant) []Finding {
	var all findings
	all.add(want.Host, want.need(f).findings("the build host"))
	return all
}

// findings collects what was found about one host.
type findings []Finding

// add takes lists of findings and puts the host's name to each.
func (all *findings) add(host string, lists ...[]Finding) {
	for _, list := range lists {
		for _, f := range list {
			f.Host = host
			*all = append(*all, f)
		}
	}
}

// pasteable returns the command that runs a command line on a host, for pasting.
func pasteable(host, command string) string {
	return "ssh " + nixexec.Quote(host) + " " + nixexec.Quote(command)
}

// pasteAsRoot is pasteable for a command that needs root there.
func pasteAsRoot(f Facts, host, command string) string {
	if f.Root() {
		return pasteable(host, command)
	}
	way, free := f.Elevate.way(everyWay[:])
	if !free {
		way = BySudo
	}
	return pasteable(host, string(way)+" "+command)
}

// version reads the first two numbers of a version; a text that has none is 0.0.
func version(text string) (major, minor int) {
	parts := strings.SplitN(text, ".", 3)
	major, _ = strconv.Atoi(parts[0])
	if len(parts) > 1 {
		digits := strings.IndexFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' })
		if digits < 0 {
			digits = len(parts[1])
		}
		minor, _ = strconv.Atoi(parts[1][:digits])
	}
	return major, minor
}

// Package check turns what is known of a host, of this machine and of a configuration into findings.
//
// Here lives what stands in the way of a deployment, and how it is put into words; all of it is pure. Nothing here
// looks at a host or at this machine, asks anybody, prints, or decides what a finding does to the run beyond its
// severity.
package check

import (
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// TargetWant is what a deployment is about to do with its target. What is left empty is not checked.
type TargetWant struct {
	Host        string         // as typed, and as ssh takes it
	HostName    string         // networking.hostName of the configuration
	System      string         // that the configuration is for: "x86_64-linux"
	Root        bool           // the action needs root there
	Keys        bool           // only keys are written there
	Ways        []facts.Way    // to root, those that may be taken; none: the login must be root
	AskLate     bool           // it is nixos-rebuild that asks
	AskPassword bool           // a sudo password could be asked for and used
	ByCommands  bool           // root is gained for single commands, which sudo lets the login run without a password
	Rules       bool           // it could be, but it is nixos-rebuild that gains it
	Missing     []string       // commands for which sudo lacks such a rule, where it has some
	Boots       bool           // its boot loader is installed
	Unsigned    bool           // paths that nobody signed are copied to it, unless
	Signers     []string       // Nix signs with these keys where they are built; "?": one that cannot be read
	Built       bool           // the system is built, and could be elsewhere
	Stored      *facts.Closure // what of another system it would not take; nil: that is not known
	PublicKey   string         // a public key line of the user, for the lines that are offered
	Now         time.Time      // the clock here
}

// BuildHostWant is what a deployment is about to do with its build host. What is left empty is not checked.
type BuildHostWant struct {
	Host     string // as typed, and as ssh takes it
	Target   string // the host that is deployed, as typed; the same as Host where it builds for itself
	System   string // that is built: "x86_64-linux"
	Unsigned bool   // paths that nobody signed are copied to it

	For          string       // that the configuration is for, where that is not System: it is cross-compiled
	NoCross      bool         // the configuration takes no other build platform
	TargetSystem facts.System // of the target
	Elsewhere    []string     // systems of the remote builders of this machine
}

// Target returns what stands in the way of a deployment to a host, and what else its user should know before.
func Target(f facts.Host, want TargetWant) []report.Finding {
	var all findings
	all.add(want.Host,
		loginShellNoise(f, want.Host),
		nixMissing(f, want.Host),
		storeRefused(f, want.Host),
	)
	if want.Root {
		all.add(want.Host, NoRoot(f, want))
	}
	if want.Unsigned {
		all.add(want.Host, notTrustedTarget(f, want))
	}
	all.add(want.Host,
		notNixOS(f),
		tooOld(f, want),
		switchRunning(f, want.Host),
		unwritable(f, want.Host, targetWrites(want)...),
		storeSpace(f, want.Host),
		bootSpace(f, want.Host),
		inodes(f, want.Host),
		clockOff(f, want),
		rebootPending(f, want.Host),
	)
	return all
}

// targetWrites are the directories that are written to on a target.
func targetWrites(want TargetWant) []string {
	directories := []string{"/nix/store", "/nix/var/nix", "/run", "/tmp"}
	if want.Boots {
		directories = append(directories, "/boot", "/boot/efi", "/efi")
	}
	return directories
}

// TargetFits returns what is wrong between a host and the configuration for it.
func TargetFits(f facts.Host, want TargetWant) []report.Finding {
	var all findings
	all.add(want.Host, targetPlatform(f, want.System), otherHost(f, want))
	return all
}

// BuildHost returns what stands in the way of building on a host. What Target says too is left out where the build
// host is the target.
func BuildHost(f facts.Host, want BuildHostWant) []report.Finding {
	var all findings
	if want.Host != want.Target {
		all.add(want.Host,
			loginShellNoise(f, want.Host),
			nixMissing(f, want.Host),
			storeRefused(f, want.Host),
			unwritable(f, want.Host, "/nix/store", "/nix/var/nix", "/tmp"),
			storeSpace(f, want.Host),
			inodes(f, want.Host),
		)
		if want.Unsigned {
			all.add(want.Host, notTrusted(f, nil))
		}
	}
	all.add(want.Host, tmpSpace(f))
	return all
}

// BuildHostFits returns what keeps a build host from building for the configuration's system.
func BuildHostFits(f facts.Host, want BuildHostWant) []report.Finding {
	var all findings
	all.add(want.Host, want.Need(f).findings("the build host"))
	return all
}

// findings collects what was found about one host.
type findings []report.Finding

// add takes lists of findings and puts the host's name to each.
func (all *findings) add(host string, lists ...[]report.Finding) {
	for _, list := range lists {
		for _, f := range list {
			f.Host = host
			*all = append(*all, f)
		}
	}
}

// asRoot is a command line for the shell of a host that needs root there.
func asRoot(f facts.Host, host, command string) report.Remedy {
	if f.Root() {
		return report.SSH(host, command)
	}
	way, free := f.Elevate.Way(facts.EveryWay[:])
	if !free {
		way = facts.BySudo
	}
	return report.SSH(host, string(way)+" "+command)
}

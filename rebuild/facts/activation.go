package facts

import (
	"nixhop/nixexec"
	"strings"
)

// systemProfile is what a NixOS host boots; --profile-name NAME puts a profile beside it (nixos-rebuild(8)).
const systemProfile = "/nix/var/nix/profiles/system"

// runsDir is where a host keeps what its activations by nixhop have reported, in a directory of each run. Only root
// writes to /run, and it is gone with a reboot.
const runsDir = "/run/nixhop"

// RunDir is the directory of a run on a host that it activates. Its name in the words of a process tells that the
// process belongs to the run.
func RunDir(run string) string { return runsDir + "/" + run }

// ProfilePath returns the path of the profile that --profile-name means; "" and "system" are the system's own.
func ProfilePath(name string) string {
	if name == "" || name == "system" {
		return systemProfile
	}
	return systemProfile + "-profiles/" + name
}

// ActivationUnit is the transient unit that the activation runs in; nixos-rebuild uses the same name, so that the two
// exclude each other (nixpkgs#258571).
const ActivationUnit = "nixos-rebuild-switch-to-configuration"

// ActivationUnits match the unit under all of its names: a newer nixos-rebuild puts a number behind it.
const ActivationUnits = ActivationUnit + "*"

// What switch-to-configuration ends with, beside 0 and 1 (nixpkgs: switch-to-configuration-ng).
const (
	UnitsFailed = 4   // some units failed
	RebootOnly  = 100 // the system's init can take over only at boot
)

// What a shell ends with where it could not run a program (POSIX, 2.8.2).
const (
	NotExecutable = 126
	NotFound      = 127
)

// BootParts is the assignment that names, for every script that compares two systems, the parts of one that come to run
// only with a boot (nixpkgs: nixos/modules/system/activation/top-level.nix). systemd executes itself anew with a
// switch, but what it has begun at boot stays.
func BootParts() [2]string { return [2]string{"parts", "kernel initrd kernel-modules systemd"} }

// last reads action, status, system, and of a guard its last word and the status of its commit. Until a guard has closed, and
// where it took the system back, an activation that ended with 0 has not come to stay.
func (a answer) last() LastRun {
	words := strings.Fields(a["last"])
	if len(words) != 5 || !safePath.MatchString(words[2]) {
		return LastRun{}
	}
	last := LastRun{Action: words[0], Started: words[2]}
	stays := true
	if words[3] != "none" {
		last.Guard = nixexec.Printable(words[3])
		stays = last.Guard == "kept" || last.Guard == "committed" && words[4] == "0"
	}
	last.Well = stays && words[1] == "0"
	return last
}

// Package facts holds what is known of machines: what a host told in one probe and what this machine shows, with the
// scripts that ask and the parsers of their answers. It judges nothing: what a fact means for a deployment is said by
// the checks.
package facts

import (
	"slices"
	"strings"
	"time"
)

// Answer is what a host says to a yes-or-no question. Its zero value is that it did not say.
type Answer int

// The answers.
const (
	Unsaid Answer = iota
	Yes
	No
)

// Host is what a probe found out about a host. The host is not trusted: every field may be missing (its zero value)
// or wrong, but texts are printable, on one line and bounded in size.
type Host struct {
	Noise    string    // what the login shell printed before the probe, escaped as Go would quote it; at most its first 512 bytes
	Clock    time.Time // of the host, when the probe began
	Login    Login
	Elevate  Elevation
	Nix      Nix
	System   System
	Spaces   []Space
	Mounts   []Mount  // of what a deployment writes to
	Kernels  []string // directories of Spaces where a boot loader keeps copies of kernels, as far as this login may look
	Switches []Unit   // units of deployments that systemd knows: nixos-rebuild's own, and nixos-upgrade.service
	AtWork   bool     // some program of an activation runs, as a unit or before there is one
	Failed   []string // units that are failed now
	Failing  Answer   // there are such units
	Last     LastRun
}

// LastRun is the last activation by nixhop since the host has booted, if it was seen to its end there. A dry one is
// none. It is zero where the host remembers none.
type LastRun struct {
	Action  string // "switch"
	Well    bool   // switch-to-configuration ended with 0, and what a guard had to do was done
	Started string // store path of the system, or of its specialisation
	Guard   string // the last that its guard has told of itself (guard.sh); empty: there was none
}

// Login is who the deployment is on the host, and what its non-interactive shell is like.
type Login struct {
	UID    string // digits
	User   string
	Groups []string // names
	Shell  string   // login shell, a path
	Path   string   // PATH of a non-interactive login
}

// Elevation is how the login can become root. Where it is root already, nothing but the programs was asked.
type Elevation struct {
	Sudo        string // path in Login.Path
	SudoVersion string // "Sudo version 1.9.13p3", or "sudo-rs 0.2.3", which knows fewer options (NixOS/nixpkgs#371156)
	SudoFree    Answer // `sudo -n` starts a shell of root: no password is wanted for it
	SudoByPAM   Answer // sudo starts one without -n: PAM lets the login in by something else than a password; Unsaid: not tried
	SudoLate    bool   // PAM tried something else than a password, such as an agent, which gave no answer in time
	SudoSays    string // what it says where it does neither, a line break being " | "
	SudoRules   SudoRules
	Doas        string // path in Login.Path
	DoasFree    Answer // `doas -n` starts a shell of root
	DoasSays    string // its last line where it did not
	Run0Free    Answer // what run0 does without a terminal worked; not tried where sudo or doas did, unless Query.Run0 is set
	Run0Says    string // its last line where it did not
}

// Nix is the host's Nix. The fields from System on are asked of a build host only.
type Nix struct {
	Store, Env, Nix string // paths of nix-store, nix-env and nix in Login.Path
	Daemon          string // likewise, of nix-daemon, which is what ssh-ng:// starts on a host
	Elsewhere       string // directory of a nix-store that is not in Login.Path
	Version         string // "2.8.0"
	Trusted         Answer // the login is a trusted user of the daemon, so that unsigned paths can be copied to it
	StoreError      string // why the store could not be opened

	RequireSigs Answer   // unsigned paths are taken from trusted users only; asked where the login is none, too
	TrustedKeys []string // names of the keys whose signatures make up for that; likewise
	SignsBy     []string // names of the keys that it signs with what it builds, "?" for one that this login may not read

	System         string
	ExtraPlatforms []string
	Features       []string // system-features
	MaxJobs        string   // a number, or "auto" in newer ones
	Experimental   []string // experimental-features; nix-command is there because the probe asks with it
	BuilderSystems []string // systems of the host's own remote builders
	Emulators      []string // names in binfmt_misc: the kernel runs programs of another kind by a program of that name
}

// System is the operating system of the host.
type System struct {
	Kernel, Machine string // uname -s, -m: "Linux", "x86_64"
	HostName        string // uname -n
	NixOS           Answer
	ID              string // of os-release(5): "nixos", "debian"
	Variant         string // VARIANT_ID of os-release(5): "installer"
	Name            string // PRETTY_NAME of os-release(5)
	Version         string // nixos-version of the running system

	Current, Booted string // store paths of the running and the booted system
	Activated       int64  // when that one was activated last, in seconds since 1970 by the host's clock; 0: unknown
	BootedAt        int64  // when the other was booted, likewise
	Profile         string // store path of the system that the asked profile stands at, which boots next
	Generation      int    // of that profile; 0: unknown
	Wanted          string // store path of the generation that was asked for; empty: there is none
	Generations     []int  // that the profile has, where one was asked for, sorted; very many are not all here

	Stale                       []string // of BootParts: those where booted and running system differ
	BootedKernel, CurrentKernel string   // store paths, where these differ
	KernelBytes                 int64    // size of kernel and initrd of the running system; 0: unknown

	BootID         string
	PIDSpace       string // what a login sees as all processes: "pid:[4026531836]"; empty: unknown
	Systemd        Answer // systemd runs as init
	SystemdVersion int    // 252; 0: unknown
	SystemdRun     string // path in Login.Path
}

// Is reports whether two looks were at one machine: it has booted once, and what runs there is the same. A kernel alone
// is no machine, for containers share one, and machine ids, host keys and names are what copies of a machine share.
func (s System) Is(other System) bool {
	return s.BootID != "" && s.BootID == other.BootID && s.PIDSpace == other.PIDSpace
}

// Space is the room in the file system that a directory lies in.
type Space struct {
	Path       string // "/boot"
	Mount      string // where its file system is mounted: "/" when it has none of its own
	FreeKiB    int64  // for users that are not root
	TotalKiB   int64  // 0: unknown
	FreeInodes int64
	Inodes     int64 // 0: unknown, or without a limit (btrfs)
}

// Unit is the state of a systemd unit, as `systemctl list-units` has it.
type Unit struct {
	Name, Active, Sub string // "a.service", "active", "running"
}

// Running reports whether the unit is at work; one that has ended may be kept as active.
func (u Unit) Running() bool {
	return slices.Contains([]string{"active", "activating", "deactivating", "reloading"}, u.Active) && u.Sub != "exited"
}

// LongWay is the round trip to a host from which on it matters how store paths go there.
const LongWay = 30 * time.Millisecond

// Root reports whether the login is root.
func (f Host) Root() bool { return f.Login.UID == "0" }

// Installer reports whether the host runs an installer image or a system that was never named (networking.hostName and
// the variant in NixOS's installation-device.nix, nixos-anywhere's kexec image).
func (f Host) Installer() bool {
	return f.System.Variant == "installer" || slices.Contains([]string{"nixos", "nixos-installer"}, f.System.HostName)
}

// Space returns the room at a directory that the probe looks at.
func (f Host) Space(path string) (Space, bool) {
	i := slices.IndexFunc(f.Spaces, func(s Space) bool { return s.Path == path })
	if i < 0 {
		return Space{}, false
	}
	return f.Spaces[i], true
}

// Mount is how a file system is mounted.
type Mount struct {
	At       string // "/nix/store"
	ReadOnly bool   // nothing can be written to it here; the file system may be mounted elsewhere, too
	Sealed   bool   // the file system itself takes no writes
}

// ReadOnly reports whether nothing can be written to a directory, and where its file system is mounted. A mount of its
// own on the store is read-only on every NixOS, and Nix knows its way round that, but not round a sealed one.
func (f Host) ReadOnly(path string) (mount string, readOnly bool) {
	found := Mount{}
	for _, m := range f.Mounts {
		inside := m.At == "/" || path == m.At || strings.HasPrefix(path, m.At+"/")
		if inside && len(m.At) >= len(found.At) {
			found = m
		}
	}
	return found.At, found.Sealed || found.ReadOnly && found.At != "/nix/store"
}

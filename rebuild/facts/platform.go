package facts

import (
	"slices"
	"strings"

	"nixhop/nixexec"
)

// machines are the values of `uname -m` under which programs of a system run; the first is its own.
func machines(system string) []string {
	switch cpu, _, _ := strings.Cut(system, "-"); cpu {
	case "i686":
		return []string{"i686", "i586", "i486", "i386", "x86_64"}
	case "aarch64":
		return []string{"aarch64", "arm64"}
	case "armv7l":
		return []string{"armv7l", "armv8l", "aarch64"}
	case "armv6l":
		return []string{"armv6l", "armv7l", "armv8l", "aarch64"}
	case "powerpc64le":
		return []string{"ppc64le"}
	default:
		return []string{cpu}
	}
}

// Runs reports whether a host's own kernel and processor run programs of a system.
func Runs(s System, system string) bool {
	_, kernel, _ := strings.Cut(system, "-")
	return strings.EqualFold(s.Kernel, kernel) && slices.Contains(machines(system), s.Machine)
}

// Manner is how a system comes to be built on its build host.
type Manner string

// The manners; empty where nobody knows.
const (
	Natively        Manner = "natively"
	Emulated        Manner = "emulated"
	ByRemoteBuilder Manner = "by a remote builder"
)

// FindManner says how a build host builds for a system, by what its Nix says of itself. A remote builder goes before
// emulation, as in Nix.
func FindManner(n Nix, system string) Manner {
	own, _, _ := strings.Cut(n.System, "-")
	_, kernel, _ := strings.Cut(system, "-")
	switch {
	case system == "" || n.System == "":
		return ""
	case n.System == system:
		return Natively
	case slices.Contains(n.BuilderSystems, system):
		return ByRemoteBuilder
	case !slices.Contains(n.Platforms(), system) && !slices.Contains(EmulatedSystems(n.Emulators), system):
		return ""
	case strings.HasSuffix(n.System, "-"+kernel) && slices.Contains(machines(system), own):
		return Natively // i686-linux on x86_64-linux
	default:
		return Emulated
	}
}

// Platforms are the systems that a machine builds for itself.
func (n Nix) Platforms() []string {
	return append([]string{n.System}, n.ExtraPlatforms...)
}

// EmulatedSystems are the systems whose programs run by a kernel's binfmt_misc, by the names that are registered
// there: NixOS takes the system's (nixos/modules/system/boot/binfmt.nix), Debian and the others "qemu-" and what qemu
// calls the processor.
func EmulatedSystems(names []string) []string {
	var systems []string
	for _, name := range names {
		if cpu, found := strings.CutPrefix(name, "qemu-"); found {
			name = qemuSystem(cpu)
		}
		if nixexec.SystemName.MatchString(name) {
			systems = append(systems, name)
		}
	}
	return systems
}

// qemuSystem is the system that qemu has a processor's name for.
func qemuSystem(cpu string) string {
	switch cpu {
	case "arm":
		cpu = "armv7l"
	case "i386":
		cpu = "i686"
	case "ppc64le":
		cpu = "powerpc64le"
	}
	return cpu + "-linux"
}

package check

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// freeStore is the command that makes room, as far as root's profiles hold it.
const freeStore = "nix-collect-garbage --delete-older-than 14d"

// storeSpace finds a store without room for a new system (NixOS/nix#8907).
func storeSpace(f facts.Host, host string) []report.Finding {
	space, ok := f.Space("/nix/store")
	if !ok || space.TotalKiB == 0 || space.FreeKiB >= report.StoreSpaceWarning {
		return nil
	}
	return []report.Finding{{
		Name: "store-space", Severity: below(space.FreeKiB, report.StoreSpaceError),
		What: fmt.Sprintf("%s where %q lies", left(space), space.Path),
		Why: fmt.Sprintf("a copy that fills the store fails midway; below %s is a warning, below %s an error",
			report.Kib(report.StoreSpaceWarning), report.Kib(report.StoreSpaceError)),
		Remedy: []report.Remedy{asRoot(f, host, freeStore)},
	}}
}

// bootSpace finds a /boot or ESP in which a new kernel and initrd have no room beside the old ones: those go only
// after the new ones were written, and only then is it found out, with the profile already set (NixOS/nixpkgs#23926).
func bootSpace(f facts.Host, host string) []report.Finding {
	var all []report.Finding
	for _, path := range []string{"/boot", "/boot/efi", "/efi"} {
		space, ok := f.Space(path)
		if !ok || space.TotalKiB == 0 || space.Mount != path {
			continue
		}
		needed, what := int64(report.BootSpaceError), bootEntries
		if slices.Contains(f.Kernels, path) || len(f.Kernels) == 0 && path == "/boot" {
			needed, what = report.BootSpaceWarning, "a new kernel and initrd"
			if f.System.KernelBytes > 0 {
				needed = max(f.System.KernelBytes>>10, report.BootSpaceError)
			}
		}
		if space.FreeKiB >= needed {
			if more := space.FreeKiB / needed; f.System.KernelBytes > 0 && what != bootEntries && more < report.BootKernels {
				all = append(all, fewKernels(space, needed, more))
			}
			continue
		}
		all = append(all, report.Finding{
			Name: "boot-space", Severity: below(space.FreeKiB, report.BootSpaceError),
			What: fmt.Sprintf("%s in %q, %s take about %s", left(space), path, what, report.Kib(needed)),
			Why:  "old kernels are removed only after the new one was written",
			Remedy: []report.Remedy{
				asRoot(f, host, freeStore),
				asRoot(f, host, "/run/current-system/bin/switch-to-configuration boot"),
				fewerGenerations,
			},
		})
	}
	return all
}

// left is how much of a file system is free.
func left(s facts.Space) string {
	return report.Kib(s.FreeKiB) + " left of " + report.Kib(s.TotalKiB)
}

// below is an error below a limit and a warning above.
func below(free, limit int64) report.Severity {
	if free < limit {
		return report.Error
	}
	return report.Warning
}

// bootEntries are all that a boot loader writes where the kernels are elsewhere.
const bootEntries = "boot entries"

// fewKernels is a /boot that will be full soon.
func fewKernels(space facts.Space, one, more int64) report.Finding {
	return report.Finding{
		Name: "boot-space", Severity: report.Note,
		What: fmt.Sprintf("%s in %q, a kernel and initrd take about %s: room for %d more",
			left(space), space.Path, report.Kib(one), more),
		Why:    "the generations that can be booted keep theirs",
		Remedy: []report.Remedy{fewerGenerations},
	}
}

// fewerGenerations is the configuration for fewer kernels in /boot.
var fewerGenerations = report.Line("boot.loader.systemd-boot.configurationLimit = 3;").
	Note("or boot.loader.grub.configurationLimit")

// unwritable finds directories that a deployment writes to and that take nothing: read-only ones (NixOS/nix#9418), and
// such without any room. Each is found out only when everything is built otherwise, some with the profile already set.
func unwritable(f facts.Host, host string, directories ...string) []report.Finding {
	var all []report.Finding
	told := map[string]bool{}
	for _, directory := range directories {
		space, known := f.Space(directory)
		mount, readOnly := f.ReadOnly(directory)
		boot := strings.HasPrefix(directory, "/boot") || directory == "/efi"
		full := space.TotalKiB > 0 && space.FreeKiB < report.RoomError || space.Inodes > 0 && space.FreeInodes < report.RoomInodes
		switch {
		case boot && (mount != directory || !known): // nothing of a boot loader is there
		case readOnly && !told[mount]:
			told[mount] = true
			all = append(all, report.Finding{
				Name: "unwritable", Severity: report.Error,
				What:   fmt.Sprintf("%q is read-only: %q is mounted so", directory, mount),
				Why:    "a deployment writes there; the kernel itself makes a file system read-only that has errors",
				Remedy: []report.Remedy{asRoot(f, host, "dmesg --level=err,warn"), asRoot(f, host, "mount -o remount,rw "+mount)},
			})
		case full && !readOnly && !boot && directory != "/nix/store" && !told[space.Mount]:
			told[space.Mount] = true
			all = append(all, report.Finding{
				Name: "unwritable", Severity: report.Error,
				What:   fmt.Sprintf("%s and %d inodes left where %q lies", left(space), space.FreeInodes, directory),
				Why:    "a deployment writes there",
				Remedy: []report.Remedy{asRoot(f, host, "du -xak "+directory+" | sort -n | tail")},
			})
		}
	}
	return all
}

// inodes finds a store without room for new files; file systems without a fixed number of them (btrfs, ZFS) say
// nothing.
func inodes(f facts.Host, host string) []report.Finding {
	space, ok := f.Space("/nix/store")
	if !ok || space.Inodes == 0 || space.FreeInodes >= report.InodesWarning {
		return nil
	}
	return []report.Finding{{
		Name: "inodes", Severity: below(space.FreeInodes, report.InodesError),
		What: fmt.Sprintf("%d inodes left of %d where %q lies", space.FreeInodes, space.Inodes, space.Path),
		Why: fmt.Sprintf("each file of a system takes one: below %d is a warning, below %d an error",
			report.InodesWarning, report.InodesError),
		Remedy: []report.Remedy{asRoot(f, host, freeStore)},
	}}
}

// tmpSpace finds a build host without room to build in.
func tmpSpace(f facts.Host) []report.Finding {
	space, ok := f.Space("/tmp")
	if !ok || space.TotalKiB == 0 || space.FreeKiB >= report.TmpSpaceWarning {
		return nil
	}
	return []report.Finding{{
		Name: "store-space", Severity: report.Warning,
		What: fmt.Sprintf("%s in %q of the build host", left(space), space.Path),
		Why:  "builds are done there",
		Remedy: []report.Remedy{
			report.Line(`nix.settings.build-dir = "/nix/var/nix/builds";`),
			report.Line("boot.tmp.cleanOnBoot = true;"),
		},
	}}
}

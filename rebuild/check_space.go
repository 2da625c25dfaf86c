package rebuild

import (
	"fmt"
	"slices"
)

// freeStore is the command that makes room, as far as root's profiles hold it.
const freeStore = "nix-collect-garbage --delete-older-than 14d"

// storeSpace finds a store without room for a new system (NixOS/nix#8907).
func storeSpace(f Facts, host string) []Finding {
	space, ok := f.Space("/nix/store")
	if !ok || space.TotalKiB == 0 || space.FreeKiB >= StoreSpaceWarning {
		return nil
	}
	return []Finding{{
		Name: "store-space", Severity: below(space.FreeKiB, StoreSpaceError),
		What:   fmt.Sprintf("%s left of %s where %q lies", kib(space.FreeKiB), kib(space.TotalKiB), space.Path),
		Why:    fmt.Sprintf("a copy that fills the store fails midway; below %s is a warning, below %s an error", kib(StoreSpaceWarning), kib(StoreSpaceError)),
		Remedy: []string{pasteAsRoot(f, host, freeStore)},
	}}
}

// bootSpace finds a /boot or ESP in which a new kernel and initrd have no room beside the old ones: those go only after the new
// ones were written, and only then is it found out, with the profile already set (NixOS/nixpkgs#23926).
func bootSpace(f Facts, host string) []Finding {
	var all []Finding
	for _, path := range []string{"/boot", "/boot/efi", "/efi"} {
		space, ok := f.Space(path)
		if !ok || space.TotalKiB == 0 || space.Mount != path {
			continue
		}
		needed, what := int64(BootSpaceError), bootEntries
		if slices.Contains(f.Kernels, path) || len(f.Kernels) == 0 && path == "/boot" {
			needed, what = BootSpaceWarning, "a new kernel and initrd"
			if f.System.KernelBytes > 0 {
				needed = max(f.System.KernelBytes>>10, BootSpaceError)
			}
		}
		if space.FreeKiB >= needed {
			if more := space.FreeKiB / needed; f.System.KernelBytes > 0 && what != bootEntries && more < BootKernels {
				all = append(all, fewKernels(space, needed, more))
			}
			continue
		}
		all = append(all, Finding{
			Name: "boot-space", Severity: below(space.FreeKiB, BootSpaceError),
			What: fmt.Sprintf("%s left of %s in %q, %s take about %s", kib(space.FreeKiB), kib(space.TotalKiB), path, what, kib(needed)),
			Why:  "old kernels are removed only after the new one was written",
			Remedy: []string{
				pasteAsRoot(f, host, freeStore),
				pasteAsRoot(f, host, "/run/current-system/bin/switch-to-configuration boot"),
				fewerGenerations,
			},
		})
	}
	return all
}

// bootEntries are all that a boot loader writes where the kernels are elsewhere.
const bootEntries = "boot entries"

// fewKernels is a /boot that will be full soon.
func fewKernels(space Space, one, more int64) Finding {
	return Finding{
		Name: "boot-space", Severity: Note,
		What:   fmt.Sprintf("%s left of %s in %q, a kernel and initrd take about %s: room for %d more", kib(space.FreeKiB), kib(space.TotalKiB), space.Path, kib(one), more),
		Why:    "the generations that can be booted keep theirs",
		Remedy: []string{fewerGenerations},
	}
}

// fewerGenerations is the configuration for fewer kernels in /boot.
const fewerGenerations = "boot.loader.systemd-boot.configurationLimit = 3;   # or boot.loader.grub.configurationLimit"

// inodes finds a store without room for new files; file systems without a fixed number of them (btrfs, ZFS) say nothing.
func inodes(f Facts, host string) []Finding {
	space, ok := f.Space("/nix/store")
	if !ok || space.Inodes == 0 || space.FreeInodes >= InodesWarning {
		return nil
	}
	severity := Warning
	if space.FreeInodes < InodesError {
		severity = Error
	}
	return []Finding{{
		Name: "inodes", Severity: severity,
		What:   fmt.Sprintf("%d inodes left of %d where %q lies", space.FreeInodes, space.Inodes, space.Path),
		Why:    fmt.Sprintf("each file of a system takes one: below %d is a warning, below %d an error", InodesWarning, InodesError),
		Remedy: []string{pasteAsRoot(f, host, freeStore)},
	}}
}

// tmpSpace finds a build host without room to build in.
func tmpSpace(f Facts) []Finding {
	space, ok := f.Space("/tmp")
	if !ok || space.TotalKiB == 0 || space.FreeKiB >= TmpSpaceWarning {
		return nil
	}
	return []Finding{{
		Name: "store-space", Severity: Warning,
		What: fmt.Sprintf("%s left of %s in %q of the build host", kib(space.FreeKiB), kib(space.TotalKiB), space.Path),
		Why:  "builds are done there",
		Remedy: []string{
			`nix.settings.build-dir = "/nix/var/nix/builds";`,
			"boot.tmp.cleanOnBoot = true;",
		},
	}}
}

// below is an error below a limit and a warning above.
func below(free, limit int64) Severity {
	if free < limit {
		return Error
	}
	return Warning
}

// kib writes a size.
func kib(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d GiB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d MiB", n>>10)
	}
	return fmt.Sprintf("%d KiB", n)
}

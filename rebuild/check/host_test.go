package check

import (
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// checksOfHosts are about what the target is, and its room.
var checksOfHosts = []targetCase{
	// NixOS/nixpkgs#163768
	{"another host", func(f *facts.Host, w *TargetWant) { f.System.HostName = "db.example.org" }, told{
		Name: "host-name", Severity: report.Error,
		What:   `the configuration is for the host "web", this host is "db.example.org"`,
		Why:    "other users, keys and disks can lock you out of a host that gets the wrong configuration",
		Remedy: []string{"nixhop hosts", "nixhop switch web --allow host-name   # where the host is to be renamed"},
	}},
	{"a name with its domain", func(f *facts.Host, w *TargetWant) { f.System.HostName = "Web.example.org" }, told{}},
	{"a name that is not set", func(f *facts.Host, w *TargetWant) { w.HostName = "" }, told{}},
	{"an installer", func(f *facts.Host, w *TargetWant) {
		f.System.HostName, f.System.Variant = "iso", "installer"
	}, told{
		Name: "host-name", Severity: report.Note, What: `the host is a new one, named "iso"; it becomes "web"`,
	}},
	{"a host that was never named", func(f *facts.Host, w *TargetWant) { f.System.HostName = "nixos" }, told{
		Name: "host-name", Severity: report.Note, What: `the host is a new one, named "nixos"; it becomes "web"`,
	}},

	{"not NixOS", func(f *facts.Host, w *TargetWant) {
		f.System.NixOS, f.System.Name = facts.No, "Debian GNU/Linux 12 (bookworm)"
	}, told{
		Name: "not-nixos", Severity: report.Warning,
		What: `the host runs "Debian GNU/Linux 12 (bookworm)", not NixOS`,
		Why:  "an activation expects a system that NixOS installed",
	}},
	{"not even Linux", func(f *facts.Host, w *TargetWant) {
		f.System.NixOS, f.System.Name, f.System.Kernel, w.System = facts.No, "", "Darwin", ""
	}, told{
		Name: "not-nixos", Severity: report.Warning,
		What: `the host runs "Darwin", not NixOS`,
		Why:  "an activation expects a system that NixOS installed",
	}},

	// NixOS/nixpkgs#476801
	{"old systemd", func(f *facts.Host, w *TargetWant) { f.System.SystemdVersion = 247 }, told{
		Name: "too-old", Severity: report.Warning,
		What:   "systemd is 247, older than 248",
		Why:    "its systemd-run refuses the environment that nixos-rebuild gives it: Invalid environment block",
		Remedy: []string{"nixhop switch web --engine native"},
	}},
	{"old Nix", func(f *facts.Host, w *TargetWant) { f.Nix.Version = "2.3.16" }, told{
		Name: "too-old", Severity: report.Warning,
		What: `Nix is "2.3.16", older than "2.8"`,
		Why:  "nixhop is tested with 2.8 and newer",
	}},

	// NixOS/nixpkgs#312297
	{"another deployment", func(f *facts.Host, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-rebuild-switch-to-configuration-9767bc07.service", Active: "activating", Sub: "start"}}
	}, told{
		Name: "switch-running", Severity: report.Error,
		What:   `another deployment is running: unit "nixos-rebuild-switch-to-configuration-9767bc07.service" is activating`,
		Why:    "two activations at once undo each other",
		Remedy: []string{"ssh web 'journalctl -f -u nixos-rebuild-switch-to-configuration-9767bc07.service'"},
	}},
	{"an upgrade", func(f *facts.Host, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-upgrade.service", Active: "activating", Sub: "start"}}
	}, told{
		Name: "switch-running", Severity: report.Error,
		What:   `another deployment is running: unit "nixos-upgrade.service" is activating`,
		Why:    "two activations at once undo each other",
		Remedy: []string{"ssh web 'journalctl -f -u nixos-upgrade.service'"},
	}},
	{"an upgrade that failed", func(f *facts.Host, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-upgrade.service", Active: "failed", Sub: "failed"}}
	}, told{}},
	{"a stale unit", func(f *facts.Host, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-rebuild-switch-to-configuration.service", Active: "failed", Sub: "failed"}}
	}, told{
		Name: "switch-running", Severity: report.Warning,
		What:   `unit "nixos-rebuild-switch-to-configuration.service" of an earlier deployment is still there: failed (failed)`,
		Why:    "systemd starts no new unit under a name that it still knows",
		Remedy: []string{"ssh web 'sudo systemctl reset-failed nixos-rebuild-switch-to-configuration.service'"},
	}},
	{"a stale unit that did well", func(f *facts.Host, w *TargetWant) {
		f.Login.UID, f.Switches = "0", []facts.Unit{{Name: "nixos-rebuild-switch-to-configuration.service", Active: "active", Sub: "exited"}}
	}, told{
		Name: "switch-running", Severity: report.Warning,
		What:   `unit "nixos-rebuild-switch-to-configuration.service" of an earlier deployment is still there: active (exited)`,
		Why:    "systemd starts no new unit under a name that it still knows",
		Remedy: []string{"ssh web 'systemctl stop nixos-rebuild-switch-to-configuration.service'"},
	}},

	// NixOS/nix#8907
	{"little space", func(f *facts.Host, w *TargetWant) { f.Spaces[0].FreeKiB = 1536 << 10 }, told{
		Name: "store-space", Severity: report.Warning,
		What:   `1.5 GiB left of 100 GiB where "/nix/store" lies`,
		Why:    "a copy that fills the store fails midway; below 2.0 GiB is a warning, below 256 MiB an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},
	{"no space", func(f *facts.Host, w *TargetWant) { f.Spaces[0].FreeKiB = 12 }, told{
		Name: "store-space", Severity: report.Error,
		What:   `12 KiB left of 100 GiB where "/nix/store" lies`,
		Why:    "a copy that fills the store fails midway; below 2.0 GiB is a warning, below 256 MiB an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},

	// NixOS/nixpkgs#23926
	{"no room for a kernel", func(f *facts.Host, w *TargetWant) {
		f.Spaces[1].FreeKiB = 30 << 10
	}, bootFinding(report.Warning,
		`30 MiB left of 500 MiB in "/boot", a new kernel and initrd take about 40 MiB`)},
	{"room for few kernels", func(f *facts.Host, w *TargetWant) { f.Spaces[1].FreeKiB = 90 << 10 }, told{
		Name: "boot-space", Severity: report.Note,
		What:   `90 MiB left of 500 MiB in "/boot", a kernel and initrd take about 40 MiB: room for 2 more`,
		Why:    "the generations that can be booted keep theirs",
		Remedy: []string{"boot.loader.systemd-boot.configurationLimit = 3;   # or boot.loader.grub.configurationLimit"},
	}},
	{"room for enough kernels", func(f *facts.Host, w *TargetWant) { f.Spaces[1].FreeKiB = 120 << 10 }, told{}},
	{"room for kernels of a size that nobody knows", func(f *facts.Host, w *TargetWant) {
		f.Spaces[1].FreeKiB, f.System.KernelBytes = 90<<10, 0
	}, told{}},
	{"no room for any kernel", func(f *facts.Host, w *TargetWant) {
		f.Spaces[1].FreeKiB, f.System.KernelBytes, f.Kernels = 50<<10, 0, nil
	}, bootFinding(report.Warning,
		`50 MiB left of 500 MiB in "/boot", a new kernel and initrd take about 60 MiB`)},
	{"no room for an entry", func(f *facts.Host, w *TargetWant) { f.Spaces[1].FreeKiB = 100 }, bootFinding(report.Error,
		`100 KiB left of 500 MiB in "/boot", a new kernel and initrd take about 40 MiB`)},
	{"an ESP without kernels", func(f *facts.Host, w *TargetWant) {
		f.Spaces = []facts.Space{{Path: "/boot", Mount: "/", FreeKiB: 1, TotalKiB: 2}, {Path: "/boot/efi", Mount: "/boot/efi", FreeKiB: 3 << 10, TotalKiB: 4 << 10}}
	}, told{}},
	{"an ESP with kernels", func(f *facts.Host, w *TargetWant) {
		f.Kernels, f.Spaces = []string{"/efi"}, []facts.Space{{Path: "/efi", Mount: "/efi", FreeKiB: 3 << 10, TotalKiB: 4 << 10}}
	}, bootFinding(report.Warning, `3 MiB left of 4 MiB in "/efi", a new kernel and initrd take about 40 MiB`)},

	// NixOS/nix#9418
	{"a store that is read-only", func(f *facts.Host, w *TargetWant) {
		f.Mounts = []facts.Mount{{At: "/"}, {At: "/nix/store", ReadOnly: true, Sealed: true}}
	}, unwritableFinding(`"/nix/store" is read-only: "/nix/store" is mounted so`, "a deployment writes there; the kernel itself makes a file system read-only that has errors",
		"dmesg --level=err,warn", "mount -o remount,rw /nix/store")},
	{"the store of every NixOS", func(f *facts.Host, w *TargetWant) {
		f.Mounts = []facts.Mount{{At: "/"}, {At: "/nix/store", ReadOnly: true}, {At: "/boot"}, {At: "/tmpx", Sealed: true}}
	}, told{}},
	{"profiles that are read-only", func(f *facts.Host, w *TargetWant) {
		f.Mounts = []facts.Mount{{At: "/", ReadOnly: true}, {At: "/run"}, {At: "/tmp"}, {At: "/nix/store"}, {At: "/boot"}}
	}, unwritableFinding(`"/nix/var/nix" is read-only: "/" is mounted so`, "a deployment writes there; the kernel itself makes a file system read-only that has errors",
		"dmesg --level=err,warn", "mount -o remount,rw /")},
	{"a /boot that is read-only", func(f *facts.Host, w *TargetWant) {
		w.Boots, f.Mounts = true, []facts.Mount{{At: "/"}, {At: "/boot"}, {At: "/boot", ReadOnly: true}}
	}, unwritableFinding(`"/boot" is read-only: "/boot" is mounted so`, "a deployment writes there; the kernel itself makes a file system read-only that has errors",
		"dmesg --level=err,warn", "mount -o remount,rw /boot")},
	{"a /boot that is not written to", func(f *facts.Host, w *TargetWant) {
		f.Mounts = []facts.Mount{{At: "/"}, {At: "/boot", ReadOnly: true}}
	}, told{}},
	{"a full /run", func(f *facts.Host, w *TargetWant) {
		f.Spaces = append(f.Spaces, facts.Space{Path: "/run", Mount: "/run", FreeKiB: 8, TotalKiB: 1024, FreeInodes: 400, Inodes: 500})
	}, unwritableFinding(`8 KiB left of 1 MiB and 400 inodes left where "/run" lies`, "a deployment writes there", "du -xak /run | sort -n | tail")},
	{"a /tmp without inodes", func(f *facts.Host, w *TargetWant) { f.Spaces[2].Inodes = 100 },
		unwritableFinding(`4.0 GiB left of 8.0 GiB and 0 inodes left where "/tmp" lies`, "a deployment writes there", "du -xak /tmp | sort -n | tail")},

	{"few inodes", func(f *facts.Host, w *TargetWant) { f.Spaces[0].FreeInodes = 49_999 }, told{
		Name: "inodes", Severity: report.Warning,
		What:   `49999 inodes left of 2097152 where "/nix/store" lies`,
		Why:    "each file of a system takes one: below 50000 is a warning, below 2000 an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},
	{"no inodes", func(f *facts.Host, w *TargetWant) { f.Spaces[0].FreeInodes = 0 }, told{
		Name: "inodes", Severity: report.Error,
		What:   `0 inodes left of 2097152 where "/nix/store" lies`,
		Why:    "each file of a system takes one: below 50000 is a warning, below 2000 an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},
	{"no inodes by design", func(f *facts.Host, w *TargetWant) {
		f.Spaces[0].FreeInodes, f.Spaces[0].Inodes = 0, 0
	}, told{}},

	{"a clock behind", func(f *facts.Host, w *TargetWant) { f.Clock = now.Add(-time.Hour) }, told{
		Name: "clock", Severity: report.Warning,
		What:   "the host's clock is 1h0m0s behind the one here",
		Why:    "certificates of caches fail with it, and times in logs mislead",
		Remedy: []string{"ssh web 'timedatectl status'", "services.timesyncd.enable = true;"},
	}},
	{"a clock ahead", func(f *facts.Host, w *TargetWant) { f.Clock = now.Add(301 * time.Second) }, told{
		Name: "clock", Severity: report.Warning,
		What:   "the host's clock is 5m1s ahead of the one here",
		Why:    "certificates of caches fail with it, and times in logs mislead",
		Remedy: []string{"ssh web 'timedatectl status'", "services.timesyncd.enable = true;"},
	}},
	{"a clock that is well enough", func(f *facts.Host, w *TargetWant) { f.Clock = now.Add(300 * time.Second) }, told{}},

	// NixOS/nixpkgs#185030
	{"reboot", func(f *facts.Host, w *TargetWant) {
		f.System.Stale, f.System.BootedKernel, f.System.CurrentKernel = []string{"kernel", "kernel-modules"}, "/nix/store/a-linux-6.1", "/nix/store/b-linux-6.6"
	}, told{
		Name: "reboot-pending", Severity: report.Note,
		What:   "the host was not rebooted since its system got another kernel, kernel-modules",
		Why:    `it runs "/nix/store/a-linux-6.1", its system has "/nix/store/b-linux-6.6"`,
		Remedy: []string{"ssh web 'sudo systemctl reboot'"},
	}},
	{"reboot for an initrd", func(f *facts.Host, w *TargetWant) { f.System.Stale = []string{"initrd"} }, told{
		Name: "reboot-pending", Severity: report.Note,
		What:   "the host was not rebooted since its system got another initrd",
		Remedy: []string{"ssh web 'sudo systemctl reboot'"},
	}},
}

func bootFinding(severity report.Severity, what string) told {
	return told{
		Name: "boot-space", Severity: severity, What: what,
		Why: "old kernels are removed only after the new one was written",
		Remedy: []string{
			"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'",
			"ssh web 'sudo /run/current-system/bin/switch-to-configuration boot'",
			"boot.loader.systemd-boot.configurationLimit = 3;   # or boot.loader.grub.configurationLimit",
		},
	}
}

func unwritableFinding(what, why string, remedies ...string) told {
	found := told{Name: "unwritable", Severity: report.Error, What: what, Why: why}
	for _, r := range remedies {
		found.Remedy = append(found.Remedy, "ssh web 'sudo "+r+"'")
	}
	return found
}

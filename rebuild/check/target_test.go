package check

import (
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

const rootKeyLine = `users.users.root.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA me@desk" ];`

// checksOfTargets makes every finding about a target happen, one at a time.
var checksOfTargets = []struct {
	name    string
	change  func(*facts.Facts, *TargetWant)
	finding told
}{
	{"nothing", func(*facts.Facts, *TargetWant) {}, told{}},
	{"root", func(f *facts.Facts, w *TargetWant) { f.Login.UID, f.Elevate = "0", facts.Elevation{} }, told{}},
	{"no root needed", func(f *facts.Facts, w *TargetWant) { f.Elevate, w.Root = facts.Elevation{}, false }, told{}},
	{"doas", func(f *facts.Facts, w *TargetWant) {
		f.Elevate = facts.Elevation{Doas: "/usr/bin/doas", DoasFree: facts.Yes}
	}, told{}},
	{"run0", func(f *facts.Facts, w *TargetWant) { f.Elevate = facts.Elevation{Run0Free: facts.Yes} }, told{}},
	{"doas beside a sudo that wants a password", func(f *facts.Facts, w *TargetWant) {
		f.Elevate = facts.Elevation{Sudo: "/usr/bin/sudo", SudoFree: facts.No, SudoRules: "/bin/x", Doas: "/usr/bin/doas", DoasFree: facts.Yes}
	}, told{}},

	// NixOS/nix#5290
	{"noise", func(f *facts.Facts, w *TargetWant) { f.Noise = `hi\n` }, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/bash" prints "hi\n" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh web true | od -c", "case $- in *i*) ;; *) return ;; esac   # first line of ~/.bashrc there"},
	}},
	{"noise of fish", func(f *facts.Facts, w *TargetWant) { f.Noise, f.Login.Shell = "hi", "/run/current-system/sw/bin/fish" }, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/run/current-system/sw/bin/fish" prints "hi" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh web true | od -c", "status is-interactive; or return   # first line of ~/.config/fish/config.fish there"},
	}},
	{"noise of zsh", func(f *facts.Facts, w *TargetWant) { f.Noise, f.Login.Shell, w.Host = "hi", "/bin/zsh", "my host" }, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/zsh" prints "hi" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh 'my host' true | od -c", "[[ -o interactive ]] || return   # first line of ~/.zshenv there"},
	}},
	{"noise of the locale", func(f *facts.Facts, w *TargetWant) { f.Noise = "sh: warning: setlocale: LC_ALL" }, told{ // tailscale/tailscale#14093
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/bash" prints "sh: warning: setlocale: LC_ALL" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh web true | od -c", "SendEnv -LANG -LC_*   # in the Host block of web in ~/.ssh/config"},
	}},

	// NixOS/nixpkgs#118655
	{"no sudo", func(f *facts.Facts, w *TargetWant) { f.Elevate = facts.Elevation{} }, told{
		Name: "no-root", Severity: report.Error,
		What: `"deploy" is not root, and no sudo, doas or run0 is in the PATH "/usr/local/bin:/usr/bin"`,
		Why:  "setting the system profile and activating it takes root",
		Remedy: []string{
			rootKeyLine, "# or",
			"security.sudo.enable = true;",
			`users.users.deploy.extraGroups = [ "wheel" ];`,
			"security.sudo.wheelNeedsPassword = false;",
		},
	}},
	{"doas with a password", func(f *facts.Facts, w *TargetWant) {
		f.Elevate, w.PublicKey = facts.Elevation{Doas: "/usr/bin/doas", DoasFree: facts.No, DoasSays: "doas: Authentication required"}, ""
	}, told{
		Name: "no-root", Severity: report.Error,
		What: `"deploy" is not root, and doas says "doas: Authentication required"`,
		Why: "setting the system profile and activating it takes root; " +
			"a password for doas cannot be asked for: it reads one from a terminal only, never from standard input",
		Remedy: []string{
			`users.users.root.openssh.authorizedKeys.keys = [ "KEY" ];`, "# or",
			`security.doas.extraRules = [ { users = [ "deploy" ]; noPass = true; } ];`,
		},
	}},
	{"run0 with a password", func(f *facts.Facts, w *TargetWant) {
		f.Login.User = "o'brien"
		f.Elevate = facts.Elevation{Run0Free: facts.No, Run0Says: "Failed to start transient service unit: Interactive authentication required."}
	}, told{
		Name: "no-root", Severity: report.Error,
		What: `"o'brien" is not root, and run0 says "Failed to start transient service unit: Interactive authentication required."`,
		Why: "setting the system profile and activating it takes root; " +
			"polkit must grant that without a password: it asks for one on a terminal only",
		Remedy: []string{
			rootKeyLine, "# or",
			"security.polkit.enable = true;",
			`security.polkit.extraConfig = "polkit.addRule(function(a, s) { if (a.id == 'org.freedesktop.systemd1.manage-units' && ` +
				`s.user == 'o\\'brien') return polkit.Result.YES; });";`,
		},
	}},
	{"--elevate none", func(f *facts.Facts, w *TargetWant) { w.Ways = nil }, told{
		Name: "no-root", Severity: report.Error,
		What: `"deploy" is not root, and --elevate none keeps it from becoming root`,
		Why: "setting the system profile and activating it takes root; " +
			"sudo would give it without a password, and is taken where no flag rules it out",
		Remedy: []string{rootKeyLine},
	}},
	{"--elevate none for root", func(f *facts.Facts, w *TargetWant) { f.Login.UID, w.Ways = "0", nil }, told{}},
	{"--elevate run0 without one", func(f *facts.Facts, w *TargetWant) { f.Elevate, w.Ways = facts.Elevation{}, []facts.Way{facts.ByRun0} }, told{
		Name: "no-root", Severity: report.Error,
		What: `"deploy" is not root, and no run0 is in the PATH "/usr/local/bin:/usr/bin"`,
		Why:  "setting the system profile and activating it takes root",
		Remedy: []string{
			rootKeyLine, "# or",
			"security.polkit.enable = true;",
			`security.polkit.extraConfig = "polkit.addRule(function(a, s) { if (a.id == 'org.freedesktop.systemd1.manage-units' && ` +
				`s.user == 'deploy') return polkit.Result.YES; });";`,
		},
	}},
	{"--sudo where doas is free", func(f *facts.Facts, w *TargetWant) {
		f.Login.Groups, w.Ways = []string{"wheel"}, []facts.Way{facts.BySudo}
		f.Elevate = facts.Elevation{Sudo: "/usr/bin/sudo", SudoFree: facts.No, SudoSays: "sudo: a password is required", Doas: "/usr/bin/doas", DoasFree: facts.Yes}
	}, told{
		Name: "sudo-password", Severity: report.Error,
		What: `sudo wants a password of "deploy"`,
		Why: `there is no way to ask for it, and the activation would fail after the whole build: "sudo: a password is required"; ` +
			"doas would give it without a password, and is taken where no flag rules it out",
		Remedy: []string{"security.sudo.wheelNeedsPassword = false;", "# or", rootKeyLine},
	}},
	{"no sudoer", func(f *facts.Facts, w *TargetWant) {
		f.Login.User, f.Elevate.SudoFree, f.Elevate.SudoSays = "no.body", facts.No, "sudo: a password is required"
	}, told{
		Name: "no-root", Severity: report.Error,
		What: `"no.body" is not root, and sudo says "sudo: a password is required"`,
		Why:  "setting the system profile and activating it takes root; on a terminal nixhop would ask for a password that sudo wants",
		Remedy: []string{
			rootKeyLine, "# or",
			`users.users."no.body".extraGroups = [ "wheel" ];`,
			"security.sudo.wheelNeedsPassword = false;",
		},
	}},
	{"sudo with a password", func(f *facts.Facts, w *TargetWant) {
		f.Login.Groups, f.Elevate.SudoFree, f.Elevate.SudoSays = []string{"wheel"}, facts.No, "sudo: a password is required"
	}, told{
		Name: "sudo-password", Severity: report.Error,
		What:   `sudo wants a password of "deploy"`,
		Why:    `there is no way to ask for it, and the activation would fail after the whole build: "sudo: a password is required"`,
		Remedy: []string{"security.sudo.wheelNeedsPassword = false;", "# or", rootKeyLine},
	}},
	{"sudo with a password that can be asked", func(f *facts.Facts, w *TargetWant) {
		f.Elevate.SudoFree, w.AskPassword = facts.No, true
	}, told{
		Name: "sudo-password", Severity: report.Note,
		What: `sudo wants a password of "deploy"`,
		Why:  "it is asked once, before the build, and tried at once",
	}},
	{"sudo for some", func(f *facts.Facts, w *TargetWant) {
		f.Elevate.SudoFree, f.Elevate.SudoRules = facts.No, "/bin/nix-env"
	}, told{
		Name: "sudo-password", Severity: report.Warning,
		What:   `sudo lets "deploy" run only these without a password: "/bin/nix-env"`,
		Why:    "nix-env, systemd-run and switch-to-configuration must be among them",
		Remedy: []string{"security.sudo.wheelNeedsPassword = false;", "# or", rootKeyLine},
	}},

	// NixOS/nix#1078
	{"no Nix", func(f *facts.Facts, w *TargetWant) { f.Nix.Store = "" }, told{
		Name: "nix-missing", Severity: report.Error,
		What:   `no nix-store in the PATH of a non-interactive login: "/usr/local/bin:/usr/bin"`,
		Why:    "Nix copies over ssh by nix-store, started in such a login",
		Remedy: []string{"ssh web 'curl -L https://nixos.org/nix/install | sh -s -- --daemon'"},
	}},
	{"Nix elsewhere", func(f *facts.Facts, w *TargetWant) {
		f.Nix.Store, f.Nix.Elsewhere = "", "/nix/var/nix/profiles/default/bin"
	}, told{
		Name: "nix-missing", Severity: report.Error,
		What:   `nix-store is in "/nix/var/nix/profiles/default/bin", which is not in the PATH of a non-interactive login: "/usr/local/bin:/usr/bin"`,
		Why:    "Nix copies over ssh by nix-store, started in such a login",
		Remedy: []string{"ssh web 'sudo ln -s /nix/var/nix/profiles/default/bin/nix* /usr/local/bin/'"},
	}},

	// NixOS/nix#2127
	{"not trusted", func(f *facts.Facts, w *TargetWant) { f.Nix.Trusted = facts.No }, told{
		Name: "not-trusted", Severity: report.Error,
		What: `"deploy" is not a trusted user of the host's Nix`,
		Why:  "what was built elsewhere is not signed, and Nix takes unsigned paths from trusted users only",
		Remedy: []string{
			"nixhop switch web --build-host target", "# or",
			`nix.settings.trusted-users = [ "deploy" ];`, "# or",
			`nix.settings.trusted-public-keys = [ "NAME:KEY" ];   # and sign here: nix store sign -r -k FILE PATH`,
		},
	}},
	{"nothing unsigned", func(f *facts.Facts, w *TargetWant) { f.Nix.Trusted, w.Unsigned = facts.No, false }, told{}},
	{"trusted or not", func(f *facts.Facts, w *TargetWant) { f.Nix.Trusted = facts.Unsaid }, told{}},

	// NixOS/nixpkgs#370607
	{"not let in", func(f *facts.Facts, w *TargetWant) {
		f.Nix.Trusted, f.Nix.StoreError = facts.No, "cannot open connection to remote store 'daemon': Connection reset by peer"
	}, told{
		Name: "not-trusted", Severity: report.Error,
		What:   `the host's Nix does not let "deploy" in: "cannot open connection to remote store 'daemon': Connection reset by peer"`,
		Why:    "nothing can be copied to the host's store or built there by this login",
		Remedy: []string{`nix.settings.trusted-users = [ "deploy" ];`, "ssh web 'systemctl status nix-daemon.socket'"},
	}},
	{"not let in by Debian", func(f *facts.Facts, w *TargetWant) {
		f.System.ID, f.Nix.StoreError = "debian", "getting status of /nix/var/nix/daemon-socket/socket: Permission denied"
	}, told{
		Name: "not-trusted", Severity: report.Error,
		What:   `the host's Nix does not let "deploy" in: "getting status of /nix/var/nix/daemon-socket/socket: Permission denied"`,
		Why:    "nothing can be copied to the host's store or built there by this login",
		Remedy: []string{"ssh web 'sudo usermod -a -G nix-users deploy'"},
	}},

	// NixOS/nixpkgs#166838
	{"platform", func(f *facts.Facts, w *TargetWant) { w.System = "aarch64-linux" }, told{
		Name: "platform", Severity: report.Error,
		What:   `the configuration is for "aarch64-linux", the host is "Linux x86_64"`,
		Why:    "nothing of it would run there: this is the wrong host or the wrong configuration",
		Remedy: []string{"nixhop hosts"},
	}},

	// NixOS/nixpkgs#163768
	{"another host", func(f *facts.Facts, w *TargetWant) { f.System.HostName = "db.example.org" }, told{
		Name: "host-name", Severity: report.Error,
		What:   `the configuration is for the host "web", this host is "db.example.org"`,
		Why:    "other users, keys and disks can lock you out of a host that gets the wrong configuration",
		Remedy: []string{"nixhop hosts", "nixhop switch web --allow host-name   # where the host is to be renamed"},
	}},
	{"a name with its domain", func(f *facts.Facts, w *TargetWant) { f.System.HostName = "Web.example.org" }, told{}},
	{"a name that is not set", func(f *facts.Facts, w *TargetWant) { w.HostName = "" }, told{}},
	{"an installer", func(f *facts.Facts, w *TargetWant) { f.System.HostName, f.System.Variant = "iso", "installer" }, told{
		Name: "host-name", Severity: report.Note, What: `the host is a new one, named "iso"; it becomes "web"`,
	}},
	{"a host that was never named", func(f *facts.Facts, w *TargetWant) { f.System.HostName = "nixos" }, told{
		Name: "host-name", Severity: report.Note, What: `the host is a new one, named "nixos"; it becomes "web"`,
	}},

	{"not NixOS", func(f *facts.Facts, w *TargetWant) {
		f.System.NixOS, f.System.Name = facts.No, "Debian GNU/Linux 12 (bookworm)"
	}, told{
		Name: "not-nixos", Severity: report.Warning,
		What: `the host runs "Debian GNU/Linux 12 (bookworm)", not NixOS`,
		Why:  "an activation expects a system that NixOS installed",
	}},
	{"not even Linux", func(f *facts.Facts, w *TargetWant) {
		f.System.NixOS, f.System.Name, f.System.Kernel, w.System = facts.No, "", "Darwin", ""
	}, told{
		Name: "not-nixos", Severity: report.Warning,
		What: `the host runs "Darwin", not NixOS`,
		Why:  "an activation expects a system that NixOS installed",
	}},

	// NixOS/nixpkgs#476801
	{"old systemd", func(f *facts.Facts, w *TargetWant) { f.System.SystemdVersion = 247 }, told{
		Name: "too-old", Severity: report.Warning,
		What:   "systemd is 247, older than 248",
		Why:    "its systemd-run refuses the environment that nixos-rebuild gives it: Invalid environment block",
		Remedy: []string{"nixhop switch web --engine native"},
	}},
	{"old Nix", func(f *facts.Facts, w *TargetWant) { f.Nix.Version = "2.3.16" }, told{
		Name: "too-old", Severity: report.Warning,
		What: `Nix is "2.3.16", older than "2.8"`,
		Why:  "nixhop is tried with 2.8 and newer",
	}},

	// NixOS/nixpkgs#312297
	{"another deployment", func(f *facts.Facts, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-rebuild-switch-to-configuration-9767bc07.service", Active: "activating", Sub: "start"}}
	}, told{
		Name: "switch-running", Severity: report.Error,
		What:   `another deployment is running: unit "nixos-rebuild-switch-to-configuration-9767bc07.service" is activating`,
		Why:    "two activations at once undo each other",
		Remedy: []string{"ssh web 'journalctl -f -u nixos-rebuild-switch-to-configuration-9767bc07.service'"},
	}},
	{"an upgrade", func(f *facts.Facts, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-upgrade.service", Active: "activating", Sub: "start"}}
	}, told{
		Name: "switch-running", Severity: report.Error,
		What:   `another deployment is running: unit "nixos-upgrade.service" is activating`,
		Why:    "two activations at once undo each other",
		Remedy: []string{"ssh web 'journalctl -f -u nixos-upgrade.service'"},
	}},
	{"an upgrade that failed", func(f *facts.Facts, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-upgrade.service", Active: "failed", Sub: "failed"}}
	}, told{}},
	{"a stale unit", func(f *facts.Facts, w *TargetWant) {
		f.Switches = []facts.Unit{{Name: "nixos-rebuild-switch-to-configuration.service", Active: "failed", Sub: "failed"}}
	}, told{
		Name: "switch-running", Severity: report.Warning,
		What:   `unit "nixos-rebuild-switch-to-configuration.service" of an earlier deployment is still there: failed (failed)`,
		Why:    "systemd starts no new unit under a name that it still knows",
		Remedy: []string{"ssh web 'sudo systemctl reset-failed nixos-rebuild-switch-to-configuration.service'"},
	}},
	{"a stale unit that did well", func(f *facts.Facts, w *TargetWant) {
		f.Login.UID, f.Switches = "0", []facts.Unit{{Name: "nixos-rebuild-switch-to-configuration.service", Active: "active", Sub: "exited"}}
	}, told{
		Name: "switch-running", Severity: report.Warning,
		What:   `unit "nixos-rebuild-switch-to-configuration.service" of an earlier deployment is still there: active (exited)`,
		Why:    "systemd starts no new unit under a name that it still knows",
		Remedy: []string{"ssh web 'systemctl stop nixos-rebuild-switch-to-configuration.service'"},
	}},

	// NixOS/nix#8907
	{"little space", func(f *facts.Facts, w *TargetWant) { f.Spaces[0].FreeKiB = 1536 << 10 }, told{
		Name: "store-space", Severity: report.Warning,
		What:   `1.5 GiB left of 100 GiB where "/nix/store" lies`,
		Why:    "a copy that fills the store fails midway; below 2.0 GiB is a warning, below 256 MiB an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},
	{"no space", func(f *facts.Facts, w *TargetWant) { f.Spaces[0].FreeKiB = 12 }, told{
		Name: "store-space", Severity: report.Error,
		What:   `12 KiB left of 100 GiB where "/nix/store" lies`,
		Why:    "a copy that fills the store fails midway; below 2.0 GiB is a warning, below 256 MiB an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},

	// NixOS/nixpkgs#23926
	{"no room for a kernel", func(f *facts.Facts, w *TargetWant) { f.Spaces[1].FreeKiB = 30 << 10 }, bootFinding(report.Warning,
		`30 MiB left of 500 MiB in "/boot", a new kernel and initrd take about 40 MiB`)},
	{"room for few kernels", func(f *facts.Facts, w *TargetWant) { f.Spaces[1].FreeKiB = 90 << 10 }, told{
		Name: "boot-space", Severity: report.Note,
		What:   `90 MiB left of 500 MiB in "/boot", a kernel and initrd take about 40 MiB: room for 2 more`,
		Why:    "the generations that can be booted keep theirs",
		Remedy: []string{"boot.loader.systemd-boot.configurationLimit = 3;   # or boot.loader.grub.configurationLimit"},
	}},
	{"room for enough kernels", func(f *facts.Facts, w *TargetWant) { f.Spaces[1].FreeKiB = 120 << 10 }, told{}},
	{"room for kernels of a size that nobody knows", func(f *facts.Facts, w *TargetWant) { f.Spaces[1].FreeKiB, f.System.KernelBytes = 90<<10, 0 }, told{}},
	{"no room for any kernel", func(f *facts.Facts, w *TargetWant) {
		f.Spaces[1].FreeKiB, f.System.KernelBytes, f.Kernels = 50<<10, 0, nil
	}, bootFinding(report.Warning,
		`50 MiB left of 500 MiB in "/boot", a new kernel and initrd take about 60 MiB`)},
	{"no room for an entry", func(f *facts.Facts, w *TargetWant) { f.Spaces[1].FreeKiB = 100 }, bootFinding(report.Error,
		`100 KiB left of 500 MiB in "/boot", a new kernel and initrd take about 40 MiB`)},
	{"an ESP without kernels", func(f *facts.Facts, w *TargetWant) {
		f.Spaces = []facts.Space{{Path: "/boot", Mount: "/", FreeKiB: 1, TotalKiB: 2}, {Path: "/boot/efi", Mount: "/boot/efi", FreeKiB: 3 << 10, TotalKiB: 4 << 10}}
	}, told{}},
	{"an ESP with kernels", func(f *facts.Facts, w *TargetWant) {
		f.Kernels, f.Spaces = []string{"/efi"}, []facts.Space{{Path: "/efi", Mount: "/efi", FreeKiB: 3 << 10, TotalKiB: 4 << 10}}
	}, bootFinding(report.Warning, `3 MiB left of 4 MiB in "/efi", a new kernel and initrd take about 40 MiB`)},

	{"few inodes", func(f *facts.Facts, w *TargetWant) { f.Spaces[0].FreeInodes = 49_999 }, told{
		Name: "inodes", Severity: report.Warning,
		What:   `49999 inodes left of 2097152 where "/nix/store" lies`,
		Why:    "each file of a system takes one: below 50000 is a warning, below 2000 an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},
	{"no inodes", func(f *facts.Facts, w *TargetWant) { f.Spaces[0].FreeInodes = 0 }, told{
		Name: "inodes", Severity: report.Error,
		What:   `0 inodes left of 2097152 where "/nix/store" lies`,
		Why:    "each file of a system takes one: below 50000 is a warning, below 2000 an error",
		Remedy: []string{"ssh web 'sudo nix-collect-garbage --delete-older-than 14d'"},
	}},
	{"no inodes by design", func(f *facts.Facts, w *TargetWant) { f.Spaces[0].FreeInodes, f.Spaces[0].Inodes = 0, 0 }, told{}},

	{"a clock behind", func(f *facts.Facts, w *TargetWant) { f.Clock = now.Add(-time.Hour) }, told{
		Name: "clock", Severity: report.Warning,
		What:   "the host's clock is 1h0m0s behind the one here",
		Why:    "certificates of caches fail with it, and times in logs mislead",
		Remedy: []string{"ssh web 'timedatectl status'", "services.timesyncd.enable = true;"},
	}},
	{"a clock ahead", func(f *facts.Facts, w *TargetWant) { f.Clock = now.Add(301 * time.Second) }, told{
		Name: "clock", Severity: report.Warning,
		What:   "the host's clock is 5m1s ahead of the one here",
		Why:    "certificates of caches fail with it, and times in logs mislead",
		Remedy: []string{"ssh web 'timedatectl status'", "services.timesyncd.enable = true;"},
	}},
	{"a clock that is well enough", func(f *facts.Facts, w *TargetWant) { f.Clock = now.Add(300 * time.Second) }, told{}},

	// NixOS/nixpkgs#185030
	{"reboot", func(f *facts.Facts, w *TargetWant) {
		f.System.Stale, f.System.BootedKernel, f.System.CurrentKernel = []string{"kernel", "kernel-modules"}, "/nix/store/a-linux-6.1", "/nix/store/b-linux-6.6"
	}, told{
		Name: "reboot-pending", Severity: report.Note,
		What:   "the host was not rebooted since its system got another kernel, kernel-modules",
		Why:    `it runs "/nix/store/a-linux-6.1", its system has "/nix/store/b-linux-6.6"`,
		Remedy: []string{"ssh web 'sudo systemctl reboot'"},
	}},
	{"reboot for an initrd", func(f *facts.Facts, w *TargetWant) { f.System.Stale = []string{"initrd"} }, told{
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

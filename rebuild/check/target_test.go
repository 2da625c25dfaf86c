package check

import (
	"slices"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

const rootKeyLine = `users.users.root.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA me@desk" ];`

var goodTarget = TargetWant{
	Host: "web", HostName: "web", System: "x86_64-linux", Root: true, Ways: facts.EveryWay[:], Unsigned: true, Built: true,
	PublicKey: "ssh-ed25519 AAAA me@desk", Now: now,
}

func TestTarget(t *testing.T) {
	for _, tt := range slices.Concat(checksOfLogins, checksOfHosts) {
		t.Run(tt.name, func(t *testing.T) {
			f, want := goodFacts(), goodTarget
			tt.change(&f, &want)
			sameFindings(t, append(Target(f, want), TargetFits(f, want)...), tt.finding, want.Host, want.Host)
		})
	}
}

func TestChecksOfNothingKnown(t *testing.T) {
	for _, f := range append(Target(facts.Host{}, goodTarget), TargetFits(facts.Host{}, goodTarget)...) {
		if f.Name != "nix-missing" {
			t.Errorf("a host that said nothing has the finding %+v", f)
		}
	}
}

// targetCase makes one finding about a target happen.
type targetCase struct {
	name    string
	change  func(*facts.Host, *TargetWant)
	finding told
}

// checksOfLogins are about what the login is let do, by sudo and by Nix, and the platform.
var checksOfLogins = []targetCase{
	{"nothing", func(*facts.Host, *TargetWant) {}, told{}},
	{"root", func(f *facts.Host, w *TargetWant) { f.Login.UID, f.Elevate = "0", facts.Elevation{} }, told{}},
	{"no root needed", func(f *facts.Host, w *TargetWant) { f.Elevate, w.Root = facts.Elevation{}, false }, told{}},
	{"doas", func(f *facts.Host, w *TargetWant) {
		f.Elevate = facts.Elevation{Doas: "/usr/bin/doas", DoasFree: facts.Yes}
	}, told{}},
	{"run0", func(f *facts.Host, w *TargetWant) { f.Elevate = facts.Elevation{Run0Free: facts.Yes} }, told{}},
	{"doas beside a sudo that wants a password", func(f *facts.Host, w *TargetWant) {
		f.Elevate = facts.Elevation{Sudo: "/usr/bin/sudo", SudoFree: facts.No, SudoRules: facts.SudoRules{{Command: "/bin/x", Free: true}}, Doas: "/usr/bin/doas", DoasFree: facts.Yes}
	}, told{}},

	// NixOS/nix#5290
	{"noise", func(f *facts.Host, w *TargetWant) { f.Noise = `hi\n` }, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/bash" prints "hi\n" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh web true | od -c", "case $- in *i*) ;; *) return ;; esac   # first line of ~/.bashrc there"},
	}},
	{"noise of fish", func(f *facts.Host, w *TargetWant) {
		f.Noise, f.Login.Shell = "hi", "/run/current-system/sw/bin/fish"
	}, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/run/current-system/sw/bin/fish" prints "hi" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh web true | od -c", "status is-interactive; or return   # first line of ~/.config/fish/config.fish there"},
	}},
	{"noise of zsh", func(f *facts.Host, w *TargetWant) {
		f.Noise, f.Login.Shell, w.Host = "hi", "/bin/zsh", "my host"
	}, told{
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/zsh" prints "hi" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh 'my host' true | od -c", "[[ -o interactive ]] || return   # first line of ~/.zshenv there"},
	}},
	{"noise of the locale", func(f *facts.Host, w *TargetWant) {
		f.Noise = "sh: warning: setlocale: LC_ALL"
	}, told{ // tailscale/tailscale#14093
		Name: "login-shell-noise", Severity: report.Error,
		What:   `the login shell "/bin/bash" prints "sh: warning: setlocale: LC_ALL" where it is not interactive`,
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: []string{"ssh web true | od -c", "SendEnv -LANG -LC_*   # in the Host block of web in ~/.ssh/config"},
	}},

	// NixOS/nixpkgs#118655
	{"no sudo", func(f *facts.Host, w *TargetWant) { f.Elevate = facts.Elevation{} }, told{
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
	{"doas with a password", func(f *facts.Host, w *TargetWant) {
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
	{"run0 with a password", func(f *facts.Host, w *TargetWant) {
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
	{"--elevate none", func(f *facts.Host, w *TargetWant) { w.Ways = nil }, told{
		Name: "no-root", Severity: report.Error,
		What: `"deploy" is not root, and --elevate none keeps it from becoming root`,
		Why: "setting the system profile and activating it takes root; " +
			"sudo would give it without a password, and is taken where no flag rules it out",
		Remedy: []string{rootKeyLine},
	}},
	{"--elevate none for root", func(f *facts.Host, w *TargetWant) { f.Login.UID, w.Ways = "0", nil }, told{}},
	{"--elevate run0 without one", func(f *facts.Host, w *TargetWant) {
		f.Elevate, w.Ways = facts.Elevation{}, []facts.Way{facts.ByRun0}
	}, told{
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
	{"--sudo where doas is free", func(f *facts.Host, w *TargetWant) {
		f.Login.Groups, w.Ways = []string{"wheel"}, []facts.Way{facts.BySudo}
		f.Elevate = facts.Elevation{Sudo: "/usr/bin/sudo", SudoFree: facts.No, SudoSays: "sudo: a password is required", Doas: "/usr/bin/doas", DoasFree: facts.Yes}
	}, told{
		Name: "sudo-password", Severity: report.Error,
		What: `sudo wants a password of "deploy"`,
		Why: `there is no way to ask for it, and the activation would fail after the whole build: "sudo: a password is required"; ` +
			"doas would give it without a password, and is taken where no flag rules it out",
		Remedy: []string{"security.sudo.wheelNeedsPassword = false;", "# or", rootKeyLine},
	}},
	{"no sudoer", func(f *facts.Host, w *TargetWant) {
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
	{"sudo with a password", func(f *facts.Host, w *TargetWant) {
		f.Login.Groups, f.Elevate.SudoFree, f.Elevate.SudoSays = []string{"wheel"}, facts.No, "sudo: a password is required"
	}, told{
		Name: "sudo-password", Severity: report.Error,
		What:   `sudo wants a password of "deploy"`,
		Why:    `there is no way to ask for it, and the activation would fail after the whole build: "sudo: a password is required"`,
		Remedy: []string{"security.sudo.wheelNeedsPassword = false;", "# or", rootKeyLine},
	}},
	{"sudo with a password that can be asked", func(f *facts.Host, w *TargetWant) {
		f.Elevate.SudoFree, f.Elevate.SudoSays, w.AskPassword = facts.No, "sudo: a password is required", true
	}, told{
		Name: "sudo-password", Severity: report.Note,
		What: `sudo wants a password of "deploy"`,
		Why:  "it is asked once, before the build, and tried at once",
	}},
	{"sudo by an agent that waits for somebody", func(f *facts.Host, w *TargetWant) {
		f.Login.Groups, f.Elevate.SudoFree, f.Elevate.SudoByPAM, f.Elevate.SudoLate = []string{"wheel"}, facts.No, facts.No, true
		f.Elevate.SudoSays = "sudo: a password is required"
	}, told{
		Name: "sudo-password", Severity: report.Error,
		What: `sudo wants a password of "deploy"`,
		Why: `there is no way to ask for it, and the activation would fail after the whole build: "sudo: a password is required"; ` +
			"PAM asks something else first, which gave no answer within two seconds: an agent on another machine that waits for somebody?",
		Remedy: []string{"security.sudo.wheelNeedsPassword = false;", "# or", rootKeyLine},
	}},
	// jappeace/linux-config#62: the rule has nothing to do with a deployment
	{"sudo with a password, but for the reboot", func(f *facts.Host, w *TargetWant) {
		f.Elevate.SudoFree, f.Elevate.SudoSays, w.AskPassword = facts.No, "sudo: a password is required", true
		f.Elevate.SudoRules = facts.SudoRules{{Command: "ALL"}, {Command: "/usr/sbin/reboot", Free: true}}
	}, told{
		Name: "sudo-password", Severity: report.Note,
		What: `sudo wants a password of "deploy"`,
		Why:  "it is asked once, before the build, and tried at once",
	}},
	// colmena#165
	{"sudo for some, by nixos-rebuild", func(f *facts.Host, w *TargetWant) {
		f.Elevate.SudoFree, f.Elevate.SudoRules, w.Rules = facts.No, facts.SudoRules{{Command: "/bin/nix-env", Free: true}}, true
	}, told{
		Name: "sudo-password", Severity: report.Warning,
		What:   `sudo lets "deploy" run only these without a password: "/bin/nix-env"`,
		Why:    "what nixos-rebuild runs must be among them, word for word; nixhop's own steps keep to the rules",
		Remedy: []string{"nixhop switch web --engine native"},
	}},
	{"sudo for what is run", func(f *facts.Host, w *TargetWant) { f.Elevate.SudoFree, w.ByCommands = facts.No, true }, told{}},
	{"sudo for too little", func(f *facts.Host, w *TargetWant) {
		f.Elevate.SudoFree, f.Elevate.SudoSays = facts.No, "sudo: a password is required"
		f.Elevate.SudoRules = facts.SudoRules{{Command: "/bin/nix-env", Free: true}}
		w.Missing = []string{"systemd-run --wait /nix/store/*/bin/switch-to-configuration switch", "/nix/store/*/x a:b"}
	}, told{
		Name: "sudo-password", Severity: report.Error,
		What: `sudo lets "deploy" run only these without a password: "/bin/nix-env"`,
		Why: "the activation runs others, and there is no way to ask for a password: " +
			"systemd-run --wait /nix/store/*/bin/switch-to-configuration switch; /nix/store/*/x a:b",
		Remedy: []string{
			`security.sudo.extraRules = [ { users = [ "deploy" ]; commands = [ ` +
				`{ command = "/run/current-system/sw/bin/systemd-run --wait /nix/store/*/bin/switch-to-configuration switch"; options = [ "NOPASSWD" ]; } ` +
				`{ command = "/nix/store/*/x a\\:b"; options = [ "NOPASSWD" ]; } ]; } ];`,
			"# or", rootKeyLine,
		},
	}},
	// fosrl/newt#383
	{"no new privileges", func(f *facts.Host, w *TargetWant) {
		f.Login.Groups, w.AskPassword = []string{"wheel"}, true
		f.Elevate.SudoFree = facts.No
		f.Elevate.SudoSays = `sudo: The "no new privileges" flag is set, which prevents sudo from running as root. | sudo: If sudo is running in a container`
	}, told{
		Name: "no-root", Severity: report.Error,
		What:   `"deploy" is not root, and sudo says "sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root."`,
		Why:    "setting the system profile and activating it takes root",
		Remedy: []string{rootKeyLine},
	}},
	{"no rule", func(f *facts.Host, w *TargetWant) {
		f.Elevate.SudoFree, f.Elevate.SudoSays = facts.No, "deploy is not in the sudoers file."
	}, told{
		Name: "no-root", Severity: report.Error,
		What: `"deploy" is not root, and sudo says "deploy is not in the sudoers file."`,
		Why:  "setting the system profile and activating it takes root",
		Remedy: []string{
			rootKeyLine, "# or", `users.users.deploy.extraGroups = [ "wheel" ];`, "security.sudo.wheelNeedsPassword = false;",
		},
	}},
	// colmena#154
	{"sudo by PAM", func(f *facts.Host, w *TargetWant) { f.Elevate.SudoFree, f.Elevate.SudoByPAM = facts.No, facts.Yes }, told{}},

	// NixOS/nix#1078
	{"no Nix", func(f *facts.Host, w *TargetWant) { f.Nix.Store = "" }, told{
		Name: "nix-missing", Severity: report.Error,
		What:   `no nix-store in the PATH of a non-interactive login: "/usr/local/bin:/usr/bin"`,
		Why:    "Nix copies over ssh by nix-store, started in such a login",
		Remedy: []string{"ssh web 'curl -L https://nixos.org/nix/install | sh -s -- --daemon'"},
	}},
	{"Nix elsewhere", func(f *facts.Host, w *TargetWant) {
		f.Nix.Store, f.Nix.Elsewhere = "", "/nix/var/nix/profiles/default/bin"
	}, told{
		Name: "nix-missing", Severity: report.Error,
		What:   `nix-store is in "/nix/var/nix/profiles/default/bin", which is not in the PATH of a non-interactive login: "/usr/local/bin:/usr/bin"`,
		Why:    "Nix copies over ssh by nix-store, started in such a login",
		Remedy: []string{"ssh web 'sudo ln -s /nix/var/nix/profiles/default/bin/nix* /usr/local/bin/'"},
	}},

	// NixOS/nix#2127
	{"not trusted", func(f *facts.Host, w *TargetWant) { f.Nix.Trusted = facts.No }, told{
		Name: "not-trusted", Severity: report.Error,
		What: `"deploy" is not a trusted user of the host's Nix`,
		Why:  "what was built elsewhere is not signed, and Nix takes unsigned paths from trusted users only",
		Remedy: []string{
			"nixhop switch web --build-host target", "# or",
			`nix.settings.trusted-users = [ "deploy" ];`, "# or",
			`nix.settings.trusted-public-keys = [ "NAME:KEY" ];   # and sign here: nix store sign -r -k FILE PATH`,
		},
	}},
	{"not trusted, and nothing needs to be signed", func(f *facts.Host, w *TargetWant) {
		f.Nix.Trusted, f.Nix.RequireSigs = facts.No, facts.No
	}, told{}},
	{"not trusted, and all is signed", func(f *facts.Host, w *TargetWant) {
		f.Nix.Trusted, f.Nix.RequireSigs = facts.No, facts.Yes
		f.Nix.TrustedKeys, w.Signers = []string{"cache.nixos.org-1", "ours"}, []string{"?", "ours"}
	}, told{
		Name: "not-trusted", Severity: report.Note,
		What: `"deploy" is not a trusted user of the host's Nix, which takes what is signed with "ours"`,
		Why:  "Nix signs with that where the system is built (secret-key-files); what was built before that was set carries no signature",
	}},
	{"not trusted, and signed with a key that nobody may read", func(f *facts.Host, w *TargetWant) {
		f.Nix.Trusted, f.Nix.TrustedKeys, w.Signers = facts.No, []string{"cache.nixos.org-1", "ours"}, []string{"?"}
	}, told{
		Name: "not-trusted", Severity: report.Warning,
		What: `"deploy" is not a trusted user of the host's Nix, which takes what is signed with "ours"`,
		Why:  "Nix signs where the system is built (secret-key-files), with a key that this login may not read the name of",
		Remedy: []string{
			"nixhop switch web --build-host target", "# or",
			`nix.settings.trusted-users = [ "deploy" ];`, "# or",
			`nix.settings.trusted-public-keys = [ "NAME:KEY" ];   # and sign here: nix store sign -r -k FILE PATH`,
		},
	}},
	{"not trusted, and signed with another key", func(f *facts.Host, w *TargetWant) {
		f.Nix.Trusted, f.Nix.TrustedKeys, w.Signers = facts.No, []string{"cache.nixos.org-1"}, []string{"mine", "?"}
	}, told{
		Name: "not-trusted", Severity: report.Error,
		What: `"deploy" is not a trusted user of the host's Nix`,
		Why:  `what was built elsewhere is signed with "mine, ?", and without a key that it knows Nix takes paths from trusted users only`,
		Remedy: []string{
			"nixhop switch web --build-host target", "# or",
			`nix.settings.trusted-users = [ "deploy" ];`, "# or",
			`nix.settings.trusted-public-keys = [ "NAME:KEY" ];   # and sign here: nix store sign -r -k FILE PATH`,
		},
	}},
	{"not trusted, and a system that is signed or there", func(f *facts.Host, w *TargetWant) {
		f.Nix.Trusted, w.Built, w.Stored = facts.No, false, &facts.Closure{Paths: 3}
	}, told{
		Name: "not-trusted", Severity: report.Note,
		What: `"deploy" is not a trusted user of the host's Nix, which takes this system all the same`,
		Why:  "each path of it is there, or is signed with a key that it knows",
	}},
	{"not trusted, and a system that is not", func(f *facts.Host, w *TargetWant) {
		f.Nix.Trusted, w.Built, w.Stored = facts.No, false, &facts.Closure{Paths: 3, Unsigned: []string{"/nix/store/x"}}
	}, told{
		Name: "not-trusted", Severity: report.Error,
		What: `"deploy" is not a trusted user of the host's Nix`,
		Why:  `of 3 paths 1 are neither there nor signed with a key that it knows, as "/nix/store/x"`,
		Remedy: []string{
			`nix.settings.trusted-users = [ "deploy" ];`, "# or",
			`nix.settings.trusted-public-keys = [ "NAME:KEY" ];   # and sign here: nix store sign -r -k FILE PATH`,
		},
	}},
	{"nothing unsigned", func(f *facts.Host, w *TargetWant) { f.Nix.Trusted, w.Unsigned = facts.No, false }, told{}},
	{"trusted or not", func(f *facts.Host, w *TargetWant) { f.Nix.Trusted = facts.Unsaid }, told{}},

	// NixOS/nixpkgs#370607
	{"not let in", func(f *facts.Host, w *TargetWant) {
		f.Nix.Trusted, f.Nix.StoreError = facts.No, "cannot open connection to remote store 'daemon': Connection reset by peer"
	}, told{
		Name: "not-trusted", Severity: report.Error,
		What:   `the host's Nix does not let "deploy" in: "cannot open connection to remote store 'daemon': Connection reset by peer"`,
		Why:    "nothing can be copied to the host's store or built there by this login",
		Remedy: []string{`nix.settings.trusted-users = [ "deploy" ];`, "ssh web 'systemctl status nix-daemon.socket'"},
	}},
	{"not let in by Debian", func(f *facts.Host, w *TargetWant) {
		f.System.ID, f.Nix.StoreError = "debian", "getting status of /nix/var/nix/daemon-socket/socket: Permission denied"
	}, told{
		Name: "not-trusted", Severity: report.Error,
		What:   `the host's Nix does not let "deploy" in: "getting status of /nix/var/nix/daemon-socket/socket: Permission denied"`,
		Why:    "nothing can be copied to the host's store or built there by this login",
		Remedy: []string{"ssh web 'sudo usermod -a -G nix-users deploy'"},
	}},

	// NixOS/nixpkgs#166838
	{"platform", func(f *facts.Host, w *TargetWant) { w.System = "aarch64-linux" }, told{
		Name: "platform", Severity: report.Error,
		What:   `the configuration is for "aarch64-linux", the host is "Linux x86_64"`,
		Why:    "nothing of it would run there: this is the wrong host or the wrong configuration",
		Remedy: []string{"nixhop hosts"},
	}},
}

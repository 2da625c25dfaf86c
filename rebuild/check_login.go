package rebuild

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// loginShellNoise finds a login shell that prints: Nix then reads that as its protocol (NixOS/nix#1078, NixOS/nix#5290).
func loginShellNoise(f Facts, host string) []Finding {
	if f.Noise == "" {
		return nil
	}
	remedy := []string{"ssh " + nixexec.Quote(host) + " true | od -c"}
	if strings.Contains(f.Noise, "setlocale") || strings.Contains(f.Noise, "locale") {
		remedy = append(remedy, "SendEnv -LANG -LC_*   # in the Host block of "+host+" in ~/.ssh/config")
	} else {
		remedy = append(remedy, silence(f.Login.Shell))
	}
	return []Finding{{
		Name: "login-shell-noise", Severity: Error,
		What:   fmt.Sprintf(`the login shell %q prints "%s" where it is not interactive`, f.Login.Shell, f.Noise),
		Why:    "Nix speaks a binary protocol over that output, which a single byte more breaks",
		Remedy: remedy,
	}}
}

// silence is the line that ends a shell's start-up file early where nobody sits before it.
func silence(shell string) string {
	switch path.Base(shell) {
	case "fish":
		return "status is-interactive; or return   # first line of ~/.config/fish/config.fish there"
	case "zsh":
		return "[[ -o interactive ]] || return   # first line of ~/.zshenv there"
	default:
		return "case $- in *i*) ;; *) return ;; esac   # first line of ~/.bashrc there"
	}
}

// sudoers are the groups whose members sudo usually serves: wheel on NixOS, the others elsewhere.
var sudoers = [...]string{"wheel", "sudo", "admin"}

// noRoot finds a login that is not root and cannot become it, or not without a password.
func noRoot(f Facts, want TargetWant) []Finding {
	e, user := f.Elevate, f.Login.User
	if user == "" {
		user = f.Login.UID
	}
	mayAsk := slices.ContainsFunc(f.Login.Groups, func(g string) bool { return slices.Contains(sudoers[:], g) })
	switch {
	case f.RootFree() || f.Login.UID == "":
		return nil
	case e.Sudo == "":
		return []Finding{{
			Name: "no-root", Severity: Error,
			What:   fmt.Sprintf("%q is not root, and no sudo is in the PATH %q", user, f.Login.Path),
			Why:    "setting the system profile and activating it takes root",
			Remedy: append(rootKey(want), enableElevation(e, user)...),
		}}
	case e.SudoRules != "":
		return []Finding{{
			Name: "sudo-password", Severity: Warning,
			What:   fmt.Sprintf("sudo lets %q run only these without a password: %q", user, e.SudoRules),
			Why:    "nix-env, systemd-run and switch-to-configuration must be among them",
			Remedy: append([]string{"security.sudo.wheelNeedsPassword = false;"}, rootKey(want)...),
		}}
	case mayAsk || want.AskPassword:
		return []Finding{sudoPassword(e, user, want)}
	}
	return []Finding{{
		Name: "no-root", Severity: Error,
		What: fmt.Sprintf("%q is not root, and sudo says %q", user, e.SudoSays),
		Why:  "setting the system profile and activating it takes root; on a terminal nixhop would ask for a password that sudo wants",
		Remedy: append(rootKey(want),
			fmt.Sprintf(`users.users.%s.extraGroups = [ "wheel" ];`, attribute(user)),
			"security.sudo.wheelNeedsPassword = false;"),
	}}
}

// sudoPassword is an error only where nobody can be asked.
func sudoPassword(e Elevation, user string, want TargetWant) Finding {
	found := Finding{
		Name: "sudo-password", Severity: Note,
		What: fmt.Sprintf("sudo wants a password of %q", user),
		Why:  "it is asked once, before the build, and tried at once",
	}
	if !want.AskPassword {
		found.Severity = Error
		found.Why = fmt.Sprintf("there is no way to ask for it, and the activation would fail after the whole build: %q", e.SudoSays)
		found.Remedy = append([]string{"security.sudo.wheelNeedsPassword = false;"}, rootKey(want)...)
	}
	return found
}

// rootKey is the line that lets the user log in as root with the key that is in use.
func rootKey(want TargetWant) []string {
	key := want.PublicKey
	if key == "" {
		key = "KEY"
	}
	return []string{"users.users.root.openssh.authorizedKeys.keys = [ " + nixString(key) + " ];"}
}

// enableElevation is what lets a login become root where there is no sudo, by what is there.
func enableElevation(e Elevation, user string) []string {
	if e.Doas != "" {
		return []string{fmt.Sprintf("security.doas.extraRules = [ { users = [ %s ]; noPass = true; } ];", nixString(user))}
	}
	return []string{
		"security.sudo.enable = true;",
		fmt.Sprintf(`users.users.%s.extraGroups = [ "wheel" ];`, attribute(user)),
		"security.sudo.wheelNeedsPassword = false;",
	}
}

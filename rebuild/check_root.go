package rebuild

import (
	"fmt"
	"slices"
	"strings"
)

// sudoers are the groups whose members sudo usually serves: wheel on NixOS, the others elsewhere.
var sudoers = [...]string{"wheel", "sudo", "admin"}

// takesRoot is why a login must be able to become root.
const takesRoot = "setting the system profile and activating it takes root"

// noRoot finds a login that is not root and cannot become it, or not without a password.
func noRoot(f Facts, want TargetWant) []Finding {
	e, user := f.Elevate, f.Login.User
	if user == "" {
		user = f.Login.UID
	}
	way, free := e.way(want.Ways)
	if f.Root() || free || f.Login.UID == "" {
		return nil
	}
	if way == BySudo {
		return []Finding{sudoRefuses(f, user, want)}
	}
	found := Finding{Name: "no-root", Severity: Error, Why: takesRoot}
	switch {
	case len(want.Ways) == 0:
		found.What = fmt.Sprintf("%q is not root, and --elevate none keeps it from becoming root", user)
	case way == ByDoas:
		found.What = fmt.Sprintf("%q is not root, and doas says %q", user, e.DoasSays)
		if strings.Contains(e.DoasSays, "Authentication required") {
			found.Why += "; a password for doas cannot be asked for: it reads one from a terminal only, never from standard input"
		}
	case way == ByRun0:
		found.What = fmt.Sprintf("%q is not root, and run0 says %q", user, e.Run0Says)
		found.Why += "; polkit must grant that without a password: it asks for one on a terminal only"
	default:
		found.What = fmt.Sprintf("%q is not root, and no %s is in the PATH %q", user, either(want.Ways), f.Login.Path)
	}
	found.Why += ruledOut(e, want.Ways)
	found.Remedy = anyOf(rootKey(want), enableElevation(way, want.Ways, user))
	return []Finding{found}
}

// sudoRefuses is about a sudo that wants a password, or does not serve the user.
func sudoRefuses(f Facts, user string, want TargetWant) Finding {
	e := f.Elevate
	mayAsk := slices.ContainsFunc(f.Login.Groups, func(g string) bool { return slices.Contains(sudoers[:], g) })
	switch {
	case e.SudoRules != "":
		return Finding{
			Name: "sudo-password", Severity: Warning,
			What:   fmt.Sprintf("sudo lets %q run only these without a password: %q", user, e.SudoRules),
			Why:    "nix-env, systemd-run and switch-to-configuration must be among them",
			Remedy: freeSudo(want),
		}
	case mayAsk || want.AskPassword:
		return sudoPassword(e, user, want)
	}
	return Finding{
		Name: "no-root", Severity: Error,
		What: fmt.Sprintf("%q is not root, and sudo says %q", user, e.SudoSays),
		Why:  takesRoot + "; on a terminal nixhop would ask for a password that sudo wants" + ruledOut(e, want.Ways),
		Remedy: anyOf(rootKey(want), []string{
			fmt.Sprintf(`users.users.%s.extraGroups = [ "wheel" ];`, attribute(user)),
			wheelIsFree,
		}),
	}
}

// sudoPassword is an error only where nobody can be asked.
func sudoPassword(e Elevation, user string, want TargetWant) Finding {
	found := Finding{
		Name: "sudo-password", Severity: Note,
		What: fmt.Sprintf("sudo wants a password of %q", user),
		Why:  "it is asked once, before the build, and tried at once",
	}
	if want.AskLate {
		found.Why = "nixos-rebuild asks for it, and tries it only at the activation"
	}
	if !want.AskPassword {
		found.Severity = Error
		found.Why = fmt.Sprintf("there is no way to ask for it, and the activation would fail after the whole build: %q", e.SudoSays) +
			ruledOut(e, want.Ways)
		found.Remedy = freeSudo(want)
	}
	return found
}

// ruledOut says which way would work, were it not for a flag.
func ruledOut(e Elevation, ways []Way) string {
	way, free := e.way(everyWay[:])
	if !free || slices.Contains(ways, way) {
		return ""
	}
	return fmt.Sprintf("; %s would give it without a password, and is taken where no flag rules it out", way)
}

// rootKey is the line that lets the user log in as root with the key that is in use.
func rootKey(want TargetWant) []string {
	key := want.PublicKey
	if key == "" {
		key = "KEY"
	}
	return []string{"users.users.root.openssh.authorizedKeys.keys = [ " + nixString(key) + " ];"}
}

// wheelIsFree is the line by which sudo wants no password of those it serves.
const wheelIsFree = "security.sudo.wheelNeedsPassword = false;"

// freeSudo is how a user whom sudo serves does without a password.
func freeSudo(want TargetWant) []string { return anyOf([]string{wheelIsFree}, rootKey(want)) }

// enableElevation is what lets a login become root without a password, by what is there of the ways that may be taken, or else by the first.
func enableElevation(way Way, ways []Way, user string) []string {
	switch {
	case len(ways) == 0:
		return nil
	case way == ByDoas:
		return []string{fmt.Sprintf("security.doas.extraRules = [ { users = [ %s ]; noPass = true; } ];", nixString(user))}
	case way == ByRun0 || ways[0] == ByRun0:
		return []string{
			"security.polkit.enable = true;",
			"security.polkit.extraConfig = " + nixString(fmt.Sprintf(
				"polkit.addRule(function(a, s) { if (a.id == 'org.freedesktop.systemd1.manage-units' && s.user == '%s') return polkit.Result.YES; });",
				strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(user))) + ";",
		}
	default:
		return []string{
			"security.sudo.enable = true;",
			fmt.Sprintf(`users.users.%s.extraGroups = [ "wheel" ];`, attribute(user)),
			wheelIsFree,
		}
	}
}

// either puts ways in words: "sudo, doas or run0".
func either(ways []Way) string {
	var words []string
	for _, w := range ways {
		words = append(words, string(w))
	}
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

package check

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// sudoers are the groups whose members sudo usually serves: wheel on NixOS, the others elsewhere.
var sudoers = [...]string{"wheel", "sudo", "admin"}

// takesRoot is why a login must be able to become root.
const takesRoot = "setting the system profile and activating it takes root"

// NoRoot finds a login that is not root and cannot become it, or not without a password.
func NoRoot(f facts.Facts, want TargetWant) []report.Finding {
	e, user := f.Elevate, f.Login.User
	if user == "" {
		user = f.Login.UID
	}
	way, free := e.Way(want.Ways)
	if f.Root() || free || f.Login.UID == "" {
		return nil
	}
	if way == facts.BySudo {
		return []report.Finding{sudoRefuses(f, user, want)}
	}
	found := report.Finding{Name: "no-root", Severity: report.Error, Why: takesRoot}
	switch {
	case len(want.Ways) == 0:
		found.What = fmt.Sprintf("%q is not root, and --elevate none keeps it from becoming root", user)
	case way == facts.ByDoas:
		found.What = fmt.Sprintf("%q is not root, and doas says %q", user, e.DoasSays)
		if strings.Contains(e.DoasSays, "Authentication required") {
			found.Why += "; a password for doas cannot be asked for: " +
				"it reads one from a terminal only, never from standard input"
		}
	case way == facts.ByRun0:
		found.What = fmt.Sprintf("%q is not root, and run0 says %q", user, e.Run0Says)
		found.Why += "; polkit must grant that without a password: it asks for one on a terminal only"
	default:
		found.What = fmt.Sprintf("%q is not root, and no %s is in the PATH %q", user, either(want.Ways), f.Login.Path)
	}
	found.Why += ruledOut(e, want.Ways)
	found.Remedy = report.AnyOf(rootKey(want.PublicKey), enableElevation(way, want.Ways, user))
	return []report.Finding{found}
}

// sudoRefuses is about a sudo that wants a password, or does not serve the user.
func sudoRefuses(f facts.Facts, user string, want TargetWant) report.Finding {
	e := f.Elevate
	mayAsk := slices.ContainsFunc(f.Login.Groups, func(g string) bool { return slices.Contains(sudoers[:], g) })
	switch {
	case e.SudoRules != "":
		return report.Finding{
			Name: "sudo-password", Severity: report.Warning,
			What:   fmt.Sprintf("sudo lets %q run only these without a password: %q", user, e.SudoRules),
			Why:    "nix-env, systemd-run and switch-to-configuration must be among them",
			Remedy: FreeSudo(want.PublicKey),
		}
	case mayAsk || want.AskPassword:
		return sudoPassword(e, user, want)
	}
	return report.Finding{
		Name: "no-root", Severity: report.Error,
		What:   fmt.Sprintf("%q is not root, and sudo says %q", user, e.SudoSays),
		Why:    takesRoot + "; on a terminal nixhop would ask for a password that sudo wants" + ruledOut(e, want.Ways),
		Remedy: report.AnyOf(rootKey(want.PublicKey), report.Lines(inWheel(user), wheelIsFree)),
	}
}

// sudoPassword is an error only where nobody can be asked.
func sudoPassword(e facts.Elevation, user string, want TargetWant) report.Finding {
	found := report.Finding{
		Name: "sudo-password", Severity: report.Note,
		What: fmt.Sprintf("sudo wants a password of %q", user),
		Why:  "it is asked once, before the build, and tried at once",
	}
	if want.AskLate {
		found.Why = "nixos-rebuild asks for it, and tries it only at the activation"
	}
	if !want.AskPassword {
		found.Severity = report.Error
		found.Why = fmt.Sprintf("there is no way to ask for it, and the activation would fail after the whole build: %q%s",
			e.SudoSays, ruledOut(e, want.Ways))
		found.Remedy = FreeSudo(want.PublicKey)
	}
	return found
}

// ruledOut says which way would work, were it not for a flag.
func ruledOut(e facts.Elevation, ways []facts.Way) string {
	way, free := e.Way(facts.EveryWay[:])
	if !free || slices.Contains(ways, way) {
		return ""
	}
	return fmt.Sprintf("; %s would give it without a password, and is taken where no flag rules it out", way)
}

// rootKey is the line that lets the user log in as root with the key that is in use.
func rootKey(publicKey string) []report.Remedy {
	return []report.Remedy{authorizedKey("root", publicKey)}
}

// inWheel is the line by which sudo serves a user.
func inWheel(user string) string {
	return fmt.Sprintf(`users.users.%s.extraGroups = [ "wheel" ];`, nixexec.Attribute(user))
}

// wheelIsFree is the line by which sudo wants no password of those it serves.
const wheelIsFree = "security.sudo.wheelNeedsPassword = false;"

// FreeSudo is how a user whom sudo serves does without a password.
func FreeSudo(publicKey string) []report.Remedy {
	return report.AnyOf(report.Lines(wheelIsFree), rootKey(publicKey))
}

// enableElevation is what lets a login become root without a password, by what is there of the ways that may be
// taken, or else by the first.
func enableElevation(way facts.Way, ways []facts.Way, user string) []report.Remedy {
	switch {
	case len(ways) == 0:
		return nil
	case way == facts.ByDoas:
		return report.Lines(fmt.Sprintf("security.doas.extraRules = [ { users = [ %s ]; noPass = true; } ];",
			nixexec.NixString(user)))
	case way == facts.ByRun0 || ways[0] == facts.ByRun0:
		rule := fmt.Sprintf("polkit.addRule(function(a, s) { if (a.id == 'org.freedesktop.systemd1.manage-units' && "+
			"s.user == '%s') return polkit.Result.YES; });", strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(user))
		return report.Lines("security.polkit.enable = true;", "security.polkit.extraConfig = "+nixexec.NixString(rule)+";")
	default:
		return report.Lines("security.sudo.enable = true;", inWheel(user), wheelIsFree)
	}
}

// either puts ways in words: "sudo, doas or run0".
func either(ways []facts.Way) string {
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

// WrongPassword is the finding that sudo on a host took no password of its user.
func WrongPassword(host, user, publicKey string) report.Finding {
	return report.Finding{
		Name: "sudo-password", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("sudo did not take any of 3 passwords for %q", user),
		Why:    "the activation needs root there; without it the whole build would be in vain",
		Remedy: FreeSudo(publicKey),
	}
}

package check

import (
	"cmp"
	"fmt"
	"regexp"
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

// why is takesRoot for what is wanted.
func (want TargetWant) why() string {
	if want.Keys {
		return "writing keys takes root"
	}
	return takesRoot
}

// NoRoot finds a login that is not root and cannot become it, or not without a password.
func NoRoot(f facts.Host, want TargetWant) []report.Finding {
	e, user := f.Elevate, cmp.Or(f.Login.User, f.Login.UID)
	way, free := e.Way(want.Ways)
	if f.Root() || free || f.Login.UID == "" || want.ByCommands {
		return nil
	}
	if way == facts.BySudo {
		return []report.Finding{sudoRefuses(f, user, want)}
	}
	found := report.Finding{Name: "no-root", Severity: report.Error, Why: want.why()}
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

// sudoRefuses is about a sudo that wants a password, lets only some commands through without one, or serves the user
// not at all. Only against the first a password helps; for the rest it says itself why.
func sudoRefuses(f facts.Host, user string, want TargetWant) report.Finding {
	e := f.Elevate
	mayAsk := len(e.SudoRules) > 0 || slices.ContainsFunc(f.Login.Groups, func(g string) bool { return slices.Contains(sudoers[:], g) })
	few := fmt.Sprintf("sudo lets %q run only these without a password: %q", user, strings.Join(e.SudoRules.Freely(), ", "))
	switch {
	case want.Rules:
		return report.Finding{
			Name: "sudo-password", Severity: report.Warning, What: few,
			Why:    "what nixos-rebuild runs must be among them, word for word; nixhop's own steps keep to the rules",
			Remedy: []report.Remedy{report.Again("--engine", "native")},
		}
	case want.AskPassword && e.SudoAsks():
		return sudoPassword(e, user, want)
	case len(want.Missing) > 0:
		return report.Finding{
			Name: "sudo-password", Severity: report.Error, What: few,
			Why: "the activation runs others, and there is no way to ask for a password: " + strings.Join(want.Missing, "; ") +
				ruledOut(e, want.Ways),
			Remedy: report.AnyOf(allowCommands(user, want.Missing), rootKey(want.PublicKey)),
		}
	case mayAsk && e.SudoAsks():
		return sudoPassword(e, user, want)
	}
	found := SudoFails("", user, e.SudoSays, want.PublicKey)
	if e.SudoAsks() {
		if e.SudoLate {
			found.Why += late
		}
		found.Why += "; on a terminal nixhop would ask for a password that sudo wants"
		found.Remedy = report.AnyOf(rootKey(want.PublicKey), report.Lines(inWheel(user), wheelIsFree))
	}
	found.Why += ruledOut(e, want.Ways)
	return found
}

// SudoFails is the finding that sudo does not make root of a login, and that no password helps: says is what it says.
func SudoFails(host, user, says, publicKey string) report.Finding {
	found := report.Finding{
		Name: "no-root", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("%q is not root, and sudo says %q", user, nixexec.PlainText(facts.SudoReason(says))),
		Why:    takesRoot,
		Remedy: rootKey(publicKey),
	}
	if notServed.MatchString(says) {
		found.Remedy = report.AnyOf(rootKey(publicKey), report.Lines(inWheel(user), wheelIsFree))
	}
	return found
}

// notServed finds what sudo and sudo-rs say to a user who has no rule.
var notServed = regexp.MustCompile(`not in the sudoers file|not allowed to|may not run sudo|afraid I can't do that`)

// allowCommands are the rules by which sudo lets a user run commands without a password.
func allowCommands(user string, commands []string) []report.Remedy {
	escape := strings.NewReplacer(`\`, `\\`, `,`, `\,`, `:`, `\:`)
	var rules []string
	for _, command := range commands {
		if !strings.HasPrefix(command, "/") {
			command = "/run/current-system/sw/bin/" + command
		}
		rules = append(rules, fmt.Sprintf(`{ command = %s; options = [ "NOPASSWD" ]; }`, nixexec.NixString(escape.Replace(command))))
	}
	return report.Lines(fmt.Sprintf("security.sudo.extraRules = [ { users = [ %s ]; commands = [ %s ]; } ];",
		nixexec.NixString(user), strings.Join(rules, " ")))
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
	if e.SudoLate {
		found.Why += late
	}
	if !want.AskPassword {
		found.Severity = report.Error
		fails := "the activation would fail after the whole build"
		if want.Keys {
			fails = "no key can be written without it"
		}
		found.Why = fmt.Sprintf("there is no way to ask for it, and %s: %q%s", fails, facts.SudoReason(e.SudoSays), ruledOut(e, want.Ways))
		if e.SudoLate {
			found.Why += late
		}
		found.Remedy = FreeSudo(want.PublicKey)
	}
	return found
}

// late says why a login that PAM may let in without a password was not let in.
const late = "; PAM asks something else first, which gave no answer within two seconds: " +
	"an agent on another machine that waits for somebody?"

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
	return []report.Remedy{AuthorizedKey("root", publicKey)}
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

// NotPermitted is the finding that sudo does not let a login run a command of the activation after all: says is what it
// says.
func NotPermitted(host, user, command, says, publicKey string) report.Finding {
	found := report.Finding{
		Name: "no-root", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("sudo does not let %q run what the activation runs: %q", user, command),
		Why:    takesRoot,
		Remedy: rootKey(publicKey),
	}
	if reason := nixexec.PlainText(facts.SudoReason(says)); reason != "" {
		found.Why = fmt.Sprintf("it says %q", reason)
	}
	return found
}

// WrongPassword is the finding that sudo on a host took no password of its user, of those that there were.
func WrongPassword(host, user, publicKey string, tries int) report.Finding {
	found := noPassword(host, publicKey, fmt.Sprintf("sudo did not take any of %d passwords for %q", tries, user))
	if tries == 1 {
		found.What = fmt.Sprintf("sudo did not take the password for %q", user)
	}
	return found
}

// NoPassword is the finding that standard input has no line with the password that sudo on a host wants of its user.
func NoPassword(host, user, publicKey string) report.Finding {
	return noPassword(host, publicKey, fmt.Sprintf("sudo wants a password of %q, and standard input has no line with one", user))
}

func noPassword(host, publicKey, what string) report.Finding {
	return report.Finding{
		Name: "sudo-password", Severity: report.Error, Host: host, What: what,
		Why:    "the activation needs root there, and would fail after the whole build",
		Remedy: FreeSudo(publicKey),
	}
}

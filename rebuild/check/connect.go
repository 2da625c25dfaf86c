package check

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// Login is what the words of a finding about a failed connection depend on, beside the failure itself.
type Login struct {
	Alias     string // the HOST word as ssh is given it: [user@]alias
	Endpoint  sshcfg.Endpoint
	PublicKey string // the user's own public key, or ""
	SudoUser  string // who ran sudo, or ""
}

// Connection explains why no connection came about.
func Connection(l Login, f sshcfg.Failure) report.Finding {
	found := report.Finding{Severity: report.Error, Host: l.Endpoint.Alias}
	switch f.Kind {
	case sshcfg.HostKeyUnknown:
		keyUnknown(&found, l, f)
	case sshcfg.HostKeyChanged, sshcfg.HostKeyRevoked:
		keyChanged(&found, l, f)
	case sshcfg.Denied, sshcfg.TooManyFailures:
		denied(&found, l, f)
	default:
		unreachable(&found, l, f)
	}
	return found
}

func keyUnknown(found *report.Finding, l Login, f sshcfg.Failure) {
	found.Name = "host-key-unknown"
	found.What = fmt.Sprintf("its host key is not known yet: %s", key(f.Key))
	found.Why = "compare the fingerprint with the one that the host itself shows: " +
		"ssh-keygen -lf " + HostKeyFile(f.Key.Type)
	found.Remedy = report.AnyOf(
		[]report.Remedy{report.SSH(l.Alias, "true").Note("asks, and remembers the key")},
		[]report.Remedy{report.Again("--accept-new").Note("remembers it unseen: only in a network that you trust")},
		knownHostsLine(f, "in the configuration of this machine"))
}

// knownHostsLine is the line of a NixOS configuration that makes the key known; an older ssh does not tell enough for
// it.
func knownHostsLine(f sshcfg.Failure, note string) []report.Remedy {
	if f.KeyName == "" || !strings.Contains(f.Key.Type, "-") {
		return nil
	}
	line := fmt.Sprintf("programs.ssh.knownHosts.%s.publicKey = %s;",
		nixexec.NixString(f.KeyName), nixexec.NixString(f.Key.Type+" ..."))
	return []report.Remedy{report.Line(line).Note(note)}
}

// HostKeyFile is where sshd keeps its public key of a type (sshd_config(5), HostKey).
func HostKeyFile(keyType string) string {
	for _, name := range []string{"rsa", "ecdsa"} {
		if strings.Contains(strings.ToLower(keyType), name) {
			return "/etc/ssh/ssh_host_" + name + "_key.pub"
		}
	}
	return "/etc/ssh/ssh_host_ed25519_key.pub"
}

func keyChanged(found *report.Finding, l Login, f sshcfg.Failure) {
	found.Name = "host-key-changed"
	if f.Kind == sshcfg.HostKeyRevoked {
		found.What = fmt.Sprintf("its host key is marked as revoked: %s", key(f.Key))
		found.Why = fmt.Sprintf("%s:%d says so; another key must be given to the host", f.File, f.Line)
		found.Remedy = []report.Remedy{report.SSH(l.Alias, "true").Note("shows what ssh says")}
		return
	}
	found.What = fmt.Sprintf("its host key has changed: it shows %s", key(f.Key))
	found.Why = fmt.Sprintf("it was installed anew, or this is another machine; the old key stands in %s:%d",
		f.File, f.Line)
	if len(f.Remove) == 0 {
		return
	}
	remove := report.Shell(f.Remove...).Note("only if you know why")
	found.Remedy = []report.Remedy{remove}
	if strings.HasPrefix(f.File, "/etc/") {
		found.Remedy = append([]report.Remedy{remove.Under("sudo")},
			knownHostsLine(f, "where the configuration of this machine has it")...)
	}
}

func key(k sshcfg.HostKey) string { return strings.TrimSpace(k.Type + " " + k.Fingerprint) }

func denied(found *report.Finding, l Login, f sshcfg.Failure) {
	found.Name = "login-denied"
	user := cmp.Or(f.User, l.Endpoint.User)
	found.What = fmt.Sprintf("login as %q is denied", user)
	found.Why = offered(f)
	if l.SudoUser != "" {
		found.Why += fmt.Sprintf("; these are the ssh config, keys and agent of root, for sudo was used by %q", l.SudoUser)
		if f.Agent != (sshcfg.Agent{}) {
			found.Remedy = append(found.Remedy, report.Again().Note("without sudo: root is gained on the host"))
		}
	}
	accepted := slices.IndexFunc(f.Offered, func(k sshcfg.OfferedKey) bool { return k.Accepted })
	switch {
	case f.Kind == sshcfg.TooManyFailures:
		found.What += ": too many keys were offered before the right one"
		found.Remedy = append(found.Remedy, onlyKey(l.Alias, "~/.ssh/THE_KEY")...)
	case accepted >= 0:
		unusable(found, f, f.Offered[accepted])
	default:
		if len(f.Methods) > 0 {
			found.What += " (it takes: " + strings.Join(f.Methods, ", ") + ")"
		}
		found.Remedy = append(found.Remedy, deniedRemedy(l, f, user)...)
	}
}

// unusable says that the host would let the key in, but ssh could not use it: nobody typed its passphrase.
func unusable(found *report.Finding, f sshcfg.Failure, k sshcfg.OfferedKey) {
	found.What += ": the host takes the key " + nixexec.Printable(k.Path) + ", but ssh cannot use it here"
	if k.Agent {
		found.Remedy = append(found.Remedy,
			report.Shell("ssh-add", "-l").Note("does the agent want a touch, or a confirmation?"))
		return
	}
	found.Why += "; has the key a passphrase?"
	if !f.Agent.Answered {
		found.Remedy = append(found.Remedy, startAgent)
	}
	found.Remedy = append(found.Remedy, report.Shell("ssh-add", k.Path))
}

// deniedRemedy are the ways to a login that no key has opened.
func deniedRemedy(l Login, f sshcfg.Failure, user string) []report.Remedy {
	var lines []report.Remedy
	if len(f.Offered) > 0 && l.SudoUser == "" && f.Agent.Keys == 0 {
		lines = append(lines, report.Shell("ssh-add").Note("if the right key has a passphrase"))
	}
	if slices.Contains(f.Methods, "password") || slices.Contains(f.Methods, "keyboard-interactive") {
		lines = append(lines, report.SSHCopyID(l.Alias, ownKey(f)).Note("if you have a password there"))
	}
	return append(lines, AuthorizedKey(user, l.PublicKey).Note("in the host's configuration"))
}

// ownKey is the first key that ssh has offered from a file whose name ssh-copy-id would not think of (id*); empty:
// there is none.
func ownKey(f sshcfg.Failure) string {
	first := slices.IndexFunc(f.Offered, func(k sshcfg.OfferedKey) bool { return !k.Agent })
	if first < 0 || strings.HasPrefix(filepath.Base(f.Offered[first].Path), "id") {
		return ""
	}
	return f.Offered[first].Path
}

// AuthorizedKey is the line of a NixOS configuration that lets a user in.
func AuthorizedKey(user, publicKey string) report.Remedy {
	return report.Line(fmt.Sprintf("users.users.%s.openssh.authorizedKeys.keys = [ %s ];",
		nixexec.Attribute(user), nixexec.NixString(cmp.Or(publicKey, "KEY"))))
}

// offered says which keys ssh tried, and what is with the agent.
func offered(f sshcfg.Failure) string {
	var keys []string
	for _, k := range f.Offered {
		name := k.Path
		if k.Accepted {
			name += " (accepted)"
		}
		keys = append(keys, name)
	}
	text := "no key was offered"
	if len(keys) > 0 {
		text = "keys offered: " + strings.Join(keys, ", ")
	}
	switch {
	case f.Agent.Answered && f.Agent.Keys == 0:
		text += "; the ssh agent is empty"
	case f.Agent.Answered:
		text += fmt.Sprintf("; the ssh agent has %d", f.Agent.Keys)
	case f.Agent.Text != "":
		text += "; the ssh agent does not answer: " + f.Agent.Text
	default:
		text += "; there is no ssh agent"
	}
	for _, p := range f.Problems {
		text += "; " + p
	}
	return text
}

// standardPort is where ssh tries where nothing is said of a port.
const standardPort = 22

func unreachable(found *report.Finding, l Login, f sshcfg.Failure) {
	found.Name, found.Offline = "host-unreachable", true
	try := report.SSH("-v", l.Alias)
	place := cmp.Or(f.Host, l.Endpoint.HostName)
	if f.Port != 0 {
		place = fmt.Sprintf("%s port %d", place, f.Port)
	}
	switch f.Kind {
	case sshcfg.Unresolved:
		found.What = fmt.Sprintf("its name %q has no address", place)
		found.Why = "is the network, or a VPN, down, or the name misspelt?"
		try = report.Shell("getent", "hosts", place)
		if place != aliasName(l.Alias) {
			found.Why = "the ssh config has it as HostName; " + found.Why
		}
	case sshcfg.Refused:
		found.What = place + " refuses the connection"
		found.Why = "the machine is up, but no sshd listens there: another port?"
		if f.Port == standardPort || f.Port == 0 {
			found.Why = "the machine is up, but no sshd listens there: it is not started, or has a Port of its own in the ssh config"
		}
	case sshcfg.TimedOut:
		found.What = place + " does not answer"
		found.Why = "it is off, asleep, or a firewall is between; a slow one gets more time with --connect-timeout SECONDS"
	case sshcfg.Unreachable:
		reason := strings.TrimSpace(f.Text[strings.LastIndexByte(f.Text, ':')+1:])
		found.What = place + " cannot be reached from here: " + reason
		found.Why = "is the network, or a VPN, down?"
	case sshcfg.JumpFailed:
		found.What = fmt.Sprintf("the way over %q failed: %s", cmp.Or(f.Jump, f.Proxy), f.Text)
		found.Why = "the host itself was never reached"
		if f.Jump != "" {
			try = report.SSH(lastJump(f.Jump), "true")
		}
	case sshcfg.BadConfig:
		found.Name, found.Offline = "ssh-config", false
		found.What = fmt.Sprintf("ssh refuses its config: %s:%d: %s", f.File, f.Line, f.Text)
	case sshcfg.Kex:
		found.What = place + " ended the talk before the login: " + f.Text
		found.Why = "it is no sshd, it is overloaded (MaxStartups), or it shuts this machine out for a while " +
			"after refused logins (PerSourcePenalties, fail2ban)"
	default:
		found.What = "ssh failed: " + f.Text
	}
	found.Remedy = []report.Remedy{try}
}

// aliasName is a HOST word without its user: what stands on a Host line.
func aliasName(host string) string { return host[strings.LastIndexByte(host, '@')+1:] }

// lastJump is the hop nearest to the host, as a HOST for ssh.
func lastJump(jump string) string {
	jump = jump[strings.LastIndexByte(jump, ',')+1:]
	if i := strings.LastIndexByte(jump, ':'); i > 0 && !strings.Contains(jump[:i], ":") {
		return "ssh://" + jump
	}
	return jump
}

// Probe says that the host let us in, but what it answered is of no use. forced is the line of authorized_keys there by
// which the login runs one command only, if there is one.
func Probe(alias, forced string, err error) report.Finding {
	found := report.Finding{
		Name: "probe-failed", Severity: report.Error, Host: alias,
		What: "the host lets us in, but gives no usable answer: " + nixexec.Printable(nixexec.FirstLine(err.Error())),
		Why: "its login shell may not start /bin/sh, something there hangs, or a ForceCommand of its sshd_config runs instead " +
			"of what is asked for",
		Remedy: []report.Remedy{report.SSH(alias, "/bin/sh", "-c", "true")},
	}
	if forced != "" {
		found.Why = fmt.Sprintf(`%q there gives this key one command, command="...", which runs whatever is asked for`,
			nixexec.Printable(forced))
		found.Remedy = append(found.Remedy, onlyKey(alias, "~/.ssh/ANOTHER_KEY")...)
	}
	return found
}

// Unread are the findings about a host, or here, that hints cannot be read which decide what is deployed.
func Unread(host string, unread []sshcfg.Warning) (found []report.Finding) {
	for _, w := range unread {
		found = append(found, report.Finding{
			Name: "ssh-config", Severity: report.Error, Host: host,
			What: "what the ssh config says to nixhop cannot be read: " + w.String(),
			Why:  "hints decide what is deployed, and where it is built",
		})
	}
	return found
}

// Refused is the finding that ssh makes nothing of a host, by the error of sshcfg.Resolve: it refuses its config, or
// the name. false: the error is not about the host.
func Refused(host string, err error) (report.Finding, bool) {
	var broken *sshcfg.ConfigError
	var exit *nixexec.ExitError
	switch {
	case errors.As(err, &broken):
		return Connection(Login{Alias: host, Endpoint: sshcfg.Endpoint{Alias: host}},
			sshcfg.Failure{Kind: sshcfg.BadConfig, File: broken.File, Line: broken.Line, Text: broken.Text}), true
	case nixexec.Interrupted(err) || !errors.As(err, &exit):
		return report.Finding{}, false
	}
	said := nixexec.Printable(strings.TrimSpace(nixexec.LastLine(exit.Stderr)))
	return report.Finding{
		Name: "ssh-config", Severity: report.Error, Host: host,
		What: "ssh does not understand it: " + cmp.Or(said, exit.Error()), Remedy: []report.Remedy{report.SSH("-G", host)},
	}, true
}

// Failed is the finding that a host went no further for a reason that no check has.
func Failed(host string, phase report.Phase, err error) report.Finding {
	name := "probe-failed"
	if phase == report.PhaseEvaluate || phase == report.PhaseCheck {
		name = "evaluation"
	}
	return report.Finding{Name: name, Severity: report.Error, Host: host, What: nixexec.Printable(nixexec.FirstLine(err.Error()))}
}

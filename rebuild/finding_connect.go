package rebuild

import (
	"fmt"
	"os"
	"strings"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// login is what the words of a finding about a failed connection depend on, beside the failure itself.
type login struct {
	Alias     string // the HOST word as ssh is given it: [user@]alias
	Endpoint  sshcfg.Endpoint
	PublicKey string // the user's own public key, or ""
	SudoUser  string // who ran sudo, or ""
	Batch     bool   // ssh could not ask
}

// connectFinding explains why no connection came about.
func connectFinding(l login, f sshcfg.Failure) Finding {
	found := Finding{Severity: Error, Host: l.Endpoint.Alias}
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

func keyUnknown(found *Finding, l login, f sshcfg.Failure) {
	found.Name = "host-key-unknown"
	found.What = fmt.Sprintf("its host key is not known yet: %s", key(f.Key))
	found.Why = "compare the fingerprint with the host's own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
	found.Remedy = []string{
		"ssh " + nixexec.Quote(l.Alias) + " true    # asks, and remembers the key",
		"or, trusting the network this once: --accept-new",
	}
	if f.KeyName != "" {
		found.Remedy = append(found.Remedy, "or for every machine of yours, in its configuration:",
			fmt.Sprintf("programs.ssh.knownHosts.%q.publicKey = \"%s ...\";", f.KeyName, f.Key.Type))
	}
}

func keyChanged(found *Finding, l login, f sshcfg.Failure) {
	found.Name = "host-key-changed"
	if f.Kind == sshcfg.HostKeyRevoked {
		found.What = fmt.Sprintf("its host key is marked as revoked: %s", key(f.Key))
		found.Why = fmt.Sprintf("%s:%d says so; another key must be given to the host", f.File, f.Line)
		found.Remedy = []string{"ssh " + nixexec.Quote(l.Alias) + " true    # shows what ssh says"}
		return
	}
	found.What = fmt.Sprintf("its host key has changed: it shows %s", key(f.Key))
	found.Why = "it was installed anew, or this is another machine; the old key stands in " + fmt.Sprintf("%s:%d", f.File, f.Line)
	if len(f.Remove) > 0 {
		found.Remedy = []string{nixexec.Command{Argv: f.Remove}.String() + "    # only if you know why"}
	}
}

func key(k sshcfg.HostKey) string { return strings.TrimSpace(k.Type + " " + k.Fingerprint) }

func denied(found *Finding, l login, f sshcfg.Failure) {
	found.Name = "login-denied"
	user := f.User
	if user == "" {
		user = l.Endpoint.User
	}
	found.What = fmt.Sprintf("login as %q is denied (it takes: %s)", user, strings.Join(f.Methods, ", "))
	if f.Kind == sshcfg.TooManyFailures {
		found.What = fmt.Sprintf("login as %q is denied: too many keys were offered before the right one", user)
	}
	found.Why = offered(f)
	if l.SudoUser != "" {
		found.Why += fmt.Sprintf("; this is root's ssh config, keys and agent, for sudo was used by %q", l.SudoUser)
		found.Remedy = append(found.Remedy, "run nixhop without sudo: root is gained on the host")
	}
	if f.Kind == sshcfg.TooManyFailures {
		found.Remedy = append(found.Remedy, "in the ssh config, under Host "+aliasName(l.Alias)+":", "  IdentitiesOnly yes", "  IdentityFile ~/.ssh/THE_KEY")
		return
	}
	if !f.Agent.Answered || f.Agent.Keys == 0 {
		found.Remedy = append(found.Remedy, "ssh-add    # if the right key has a passphrase")
	}
	if l.PublicKey == "" {
		found.Remedy = append(found.Remedy, "ssh-keygen -t ed25519    # if you have no key yet")
	}
	found.Remedy = append(found.Remedy, "ssh-copy-id "+nixexec.Quote(l.Alias)+"    # if it takes a password", "or in the host's configuration:",
		authorizedKey(user, l.PublicKey))
}

// authorizedKey is the line of a NixOS configuration that lets a user in.
func authorizedKey(user, publicKey string) string {
	if publicKey == "" {
		publicKey = "YOUR PUBLIC KEY"
	}
	return fmt.Sprintf("users.users.%s.openssh.authorizedKeys.keys = [ %q ];", user, publicKey)
}

// offered says which keys ssh tried, and what is with the agent.
func offered(f sshcfg.Failure) string {
	var keys []string
	for _, k := range f.Offered {
		name := k.Path
		if k.Accepted {
			name += " (accepted, but ssh could not use it)"
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

func unreachable(found *Finding, l login, f sshcfg.Failure) {
	found.Name = "host-unreachable"
	try := "ssh -v " + nixexec.Quote(l.Alias)
	place := f.Host
	if place == "" {
		place = l.Endpoint.HostName
	}
	if f.Port != 0 {
		place = fmt.Sprintf("%s port %d", place, f.Port)
	}
	switch f.Kind {
	case sshcfg.Unresolved:
		found.What = fmt.Sprintf("its name %q has no address", place)
		found.Why = "neither the ssh config nor the network knows it; is a VPN down, or the name misspelt?"
		try = "nixhop hosts    # the aliases that there are"
	case sshcfg.Refused:
		found.What = place + " refuses the connection"
		found.Why = "the machine is up, but no sshd listens there: another port?"
	case sshcfg.TimedOut:
		found.What = place + " does not answer"
		found.Why = "it is off, asleep, or a firewall is between; a slow one gets more time with --connect-timeout SECONDS"
	case sshcfg.Unreachable:
		found.What = place + " cannot be reached from here: " + f.Text
		found.Why = "is the network, or a VPN, down?"
	case sshcfg.JumpFailed:
		hop := f.Jump
		if hop == "" {
			hop = f.Proxy
		}
		found.What = fmt.Sprintf("the way over %q failed: %s", hop, f.Text)
		found.Why = "the host itself was never reached"
		if f.Jump != "" {
			try = "ssh " + nixexec.Quote(lastJump(f.Jump)) + " true"
		}
	case sshcfg.BadConfig:
		found.Name = "ssh-config"
		found.What = fmt.Sprintf("ssh refuses its config: %s:%d: %s", f.File, f.Line, f.Text)
	case sshcfg.Kex:
		found.What = place + " ended the talk before the login: " + f.Text
		found.Why = "it is no sshd, it is overloaded (MaxStartups), or it has banned this machine (fail2ban)"
	default:
		found.What = "ssh failed: " + f.Text
	}
	found.Remedy = []string{try}
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

// publicKey is the user's own public key, in the form of authorized_keys: the first of the identity files that has one beside it.
func publicKey(e sshcfg.Endpoint) string {
	for _, file := range e.IdentityFiles {
		text, err := os.ReadFile(file + ".pub")
		if err == nil && len(text) < 16<<10 {
			return printable(strings.TrimSpace(firstLine(string(text))))
		}
	}
	return ""
}

// probeFinding says that the host let us in, but what it answered is of no use.
func probeFinding(alias string, err error) Finding {
	return Finding{
		Name: "probe-failed", Severity: Error, Host: alias,
		What:   "the host lets us in, but gives no usable answer: " + printable(firstLine(err.Error())),
		Why:    "its login shell may not start /bin/sh, or something there hangs",
		Remedy: []string{"ssh " + nixexec.Quote(alias) + " /bin/sh -c true"},
	}
}

// noConfigurationFinding says that the flake has nothing for the host.
func noConfigurationFinding(alias string, err *NoConfigurationError) Finding {
	text := firstLine(err.Error())
	return Finding{
		Name: "no-configuration", Severity: Error, Host: alias,
		What:   text,
		Why:    strings.ReplaceAll(err.hint(), "\n", "; "),
		Remedy: []string{fmt.Sprintf("nixhop switch %s=CONFIGURATION", nixexec.Quote(alias)), "or in the ssh config, under Host " + alias + ":", "  # nixhop: configuration=CONFIGURATION"},
	}
}

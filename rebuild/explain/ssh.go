package explain

import (
	"cmp"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// loginRows are what ssh(1) prints when host and user do not know each other: keys of hosts and of users. OpenSSH ends its lines
// with a carriage return and a newline; the texts are those of 6.9 to 10, on Linux and macOS.
func loginRows() []explanationRow {
	return []explanationRow{
		{
			id: "ssh-key-changed", rank: rankCause,
			needles: []string{"REMOTE HOST IDENTIFICATION HAS CHANGED"},
			pattern: `REMOTE HOST IDENTIFICATION HAS CHANGED`,
			implies: []string{"ssh-key-unknown", "ssh-denied", "ssh-jump", "ssh-kex"},
			explain: explainKeyChanged,
		},
		{
			id: "ssh-key-unknown", rank: rankSpecific,
			needles: []string{"Host key verification failed.", " host key is known for "},
			pattern: `^(?:No (\S+) host key is known for (\S+) and you have requested strict checking|Host key verification failed\.)`,
			implies: []string{"ssh-jump", "ssh-kex"},
			explain: explainKeyUnknown,
		},
		{
			id: "ssh-toomany", rank: rankCause,
			needles: []string{"Too many authentication failures"},
			pattern: `(?:Received disconnect from (\S+) .*)?Too many authentication failures`,
			implies: []string{"ssh-denied", "ssh-lost", "ssh-jump", "ssh-kex"},
			explain: explainTooManyKeys,
		},
		{
			id: "ssh-agent", rank: rankCause,
			needles: []string{"agent refused operation", "signing failed for ", `Load key "`},
			pattern: `signing failed(?: for \S+ "?([^"]*)"?(?: from agent)?)?: (.*)|^Load key "([^"]*)": (?:invalid format|error in libcrypto)|agent refused operation`,
			implies: []string{"ssh-denied"},
			explain: explainAgent,
		},
		{
			id: "ssh-denied", rank: rankSpecific,
			needles: []string{"Permission denied ("},
			pattern: `(?:^|\s)(?:([^\s@]+)@(\S+): )?Permission denied \(((?:publickey|password|keyboard-interactive|hostbased|gssapi)[\w,-]*)\)`,
			implies: []string{"ssh-jump", "ssh-kex"},
			explain: explainDenied,
		},
	}
}

// reachRows are what ssh prints when it does not reach the host, or is cut off.
func reachRows() []explanationRow {
	return []explanationRow{
		{
			id: "ssh-resolve", rank: rankSpecific,
			needles: []string{"Could not resolve hostname "},
			pattern: `Could not resolve hostname (\S+?):? (.*)`,
			implies: []string{"ssh-jump", "ssh-kex"},
			explain: explainResolve,
		},
		{
			id: "ssh-refused", rank: rankSpecific,
			needles: []string{"Connection refused"},
			pattern: `connect to host (\S+) port (\d+): Connection refused`,
			implies: []string{"ssh-jump", "ssh-kex"},
			explain: explainRefused,
		},
		{
			id: "ssh-timeout", rank: rankSpecific,
			needles: []string{"connect to host ", "timed out during banner exchange"},
			pattern: `connect to host (\S+) port \d+: (Connection timed out|Operation timed out|No route to host|Network is unreachable|Host is down)|Connection timed out during banner exchange`,
			implies: []string{"ssh-jump", "ssh-kex"},
			explain: explainTimeout,
		},
		{
			id: "ssh-jump", rank: rankEffect,
			needles: []string{"Connection closed by UNKNOWN port 65535", "stdio forwarding failed", ": open failed: "},
			pattern: `Connection closed by UNKNOWN port 65535|stdio forwarding failed|^channel \d+: open failed: (.*)`,
			implies: []string{"ssh-kex", "ssh-lost"},
			explain: explainJump,
		},
		{
			id: "ssh-kex", rank: rankEffect,
			needles: []string{"kex_exchange_identification: ", "ssh_exchange_identification: "},
			pattern: `^(?:kex|ssh)_exchange_identification: (.*)`,
			implies: []string{"ssh-lost"},
			explain: explainKex,
		},
		{
			id: "ssh-lost", rank: rankEffect,
			needles: []string{"client_loop: send disconnect: ", "packet_write_wait: ", " closed by remote host.", "Connection reset by ", ", server ", "Read from remote host "},
			pattern: `^(?:client_loop: send disconnect: .*|packet_write_wait: .*|Connection to \S+ closed by remote host\.|Connection reset by \S+ port \d+|Timeout, server \S+ not responding\.?|Read from remote host .*)$`,
			explain: explainLost,
		},
	}
}

func explainKeyChanged(x excerpt, s Situation) Explanation {
	e := Explanation{Detail: map[string]string{}}
	e.Meaning = meaning("the host key of %s is not the one that this machine knows: it was installed anew, or somebody stands in between", s.Target())
	if at := x.near(`^Offending (\S+) key in (.+):(\d+)$`, 0, 12); at != nil {
		e.Detail["file"], e.Detail["line"] = at[2], at[3]
		e.Meaning += meaning(" (the known one is in %s, line %s)", at[2], at[3])
	}
	if fingerprint := x.near(`^(SHA256:[A-Za-z0-9+/=]{20,})\.?$`, 0, 12); fingerprint != nil {
		e.Detail["fingerprint"] = fingerprint[1]
	}
	host := cmp.Or(s.HostName, s.hostName())
	for _, pattern := range []string{`^Host key for (\S+) has changed`, `^\s*ssh-keygen .*-R "?([^" ]+)"?$`, `^[^\s@]+@(\S+): Permission denied`} {
		if named := x.near(pattern, 0, 20); named != nil {
			host = named[1]
			break
		}
	}
	e.Detail["host"] = host
	remove := []string{"ssh-keygen", "-R", host}
	if file := e.Detail["file"]; file != "" {
		remove = append(remove, "-f", file)
	}
	e.Remedy = []report.Remedy{report.Line("# only when you know why it changed: compare the fingerprint with the host's own first"), report.Shell(remove...), s.SSH("true")}
	return e
}

func explainKeyUnknown(x excerpt, s Situation) Explanation {
	if inputFetch(x) {
		return Explanation{
			Meaning: "git could not fetch an input of the flake: the host key of its server was never accepted on this machine",
			Remedy:  []report.Remedy{report.Line("# once, by hand, with the server of that input"), report.SSH("-T", "git@github.com")},
		}
	}
	known := "this machine"
	if s.SudoUser != "" {
		known = "root, as whom nixhop runs under sudo"
	}
	return Explanation{
		Meaning: meaning("the host key of %s was never accepted by %s", s.Named(x.group(2)), known),
		Remedy:  []report.Remedy{report.Line("# compare the fingerprint that this shows"), s.SSH("true"), s.Again("--accept-new")},
		Detail:  map[string]string{"type": x.group(1), "host": x.group(2)},
	}
}

func explainTooManyKeys(_ excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("%s hung up before the right key came: ssh offered more keys than it lets a login try", s.Target()),
		Remedy:  append([]report.Remedy{report.Line("# in ~/.ssh/config; with an agent the .pub file of the key is enough")}, s.HostBlock("IdentitiesOnly yes", "IdentityFile ~/.ssh/id_ed25519")...),
	}
}

func explainAgent(x excerpt, s Situation) Explanation {
	if file := x.group(3); file != "" {
		return Explanation{
			Meaning: meaning("ssh cannot read the key %s: it is no private key, or damaged", file),
			Remedy:  []report.Remedy{report.Shell("ssh-keygen", "-y", "-f", file)},
			Detail:  map[string]string{"key": file},
		}
	}
	key := "the key"
	e := Explanation{Remedy: []report.Remedy{report.Shell("ssh-add", "-l"), s.SSH("true"), s.Again()}}
	if x.group(1) != "" {
		key = meaning("the key %q", x.group(1))
		e.Detail = map[string]string{"key": x.group(1)}
	}
	if strings.Contains(x.group(2), "device not found") {
		e.Meaning = meaning("%s is on a security key that did not answer: it is not plugged in, or several logins asked it at once", key)
		return e
	}
	e.Meaning = meaning("the agent did not sign with %s for %s: it is locked, or the touch or the PIN that it waited for did not come", key, s.Target())
	return e
}

func explainDenied(x excerpt, s Situation) Explanation {
	user, host, methods := x.group(1), x.group(2), x.group(3)
	if inputFetch(x) || user == "git" {
		return Explanation{
			Meaning: "git could not fetch an input of the flake: its server takes none of the keys that ssh offered",
			Remedy:  []report.Remedy{report.Shell("ssh-add", "-l"), report.SSH("-T", "git@github.com")},
			Detail:  map[string]string{"methods": methods},
		}
	}
	if user == "" {
		user = s.Login()
	}
	e := Explanation{Detail: map[string]string{"user": user, "methods": methods}}
	e.Meaning = meaning("%s refused the login of %s: it takes none of the keys that ssh offered", s.Named(host), user)
	if !strings.Contains(methods, "publickey") {
		e.Meaning = meaning("%s refused the login of %s: it takes no keys at all, only %s", s.Named(host), user, strings.ReplaceAll(methods, ",", ", "))
	}
	if s.SudoUser != "" {
		e.Meaning += meaning("; under sudo these are the keys of root, not those of %s", s.SudoUser)
		e.Remedy = append(e.Remedy, report.Line("# without sudo: nixhop becomes root on the host itself"))
	}
	e.Remedy = append(e.Remedy, report.Shell("ssh-add", "-l"),
		report.SSH("-v", s.Alias, "true").Behind("2>&1 | grep -e Offering -e 'identity file'"),
		report.Line("# on the host"), report.Line("users.users."+nixexec.Attribute(user)+`.openssh.authorizedKeys.keys = [ "<your public key>" ];`))
	return e
}

func explainResolve(x excerpt, s Situation) Explanation {
	name := x.group(1)
	e := Explanation{
		Detail: map[string]string{"host": name},
		Remedy: []report.Remedy{report.SSH("-G", s.Alias).Behind("| grep -e '^hostname' -e '^proxy'"), report.Nixhop("hosts")},
	}
	switch {
	case inputFetch(x):
		e.Meaning = meaning("git could not fetch an input of the flake: no DNS here knows %q", name)
		e.Remedy = []report.Remedy{report.Shell("ping", "-c", "1", name)}
	case strings.Contains(name, ":") && strings.Count(name, ":") == 1:
		host, port, _ := strings.Cut(name, ":")
		e.Meaning = meaning("ssh takes no port in the name of a host: %q is a name to it", name)
		e.Remedy = append([]report.Remedy{report.Line("# in ~/.ssh/config")}, report.HostBlock(host, "Port "+port)...)
	case s.SudoUser != "":
		e.Meaning = meaning("no DNS and no ssh config of root knows %q: under sudo the ssh config of %s is not read", name, s.SudoUser)
		e.Remedy = append([]report.Remedy{report.Line("# without sudo: nixhop becomes root on the host itself")}, e.Remedy...)
	case name == s.hostName() && !s.BuildsHere() && !s.BuildsOnTarget():
		e.Meaning = meaning("%q is no name to DNS or to the ssh config in use: an alias of this machine means nothing on %s", name, s.BuildHost)
		e.Remedy = append(e.Remedy, s.Again("--build-host", "target"))
	case s.Jump != "" && name != s.hostName() && name != s.HostName:
		e.Meaning = meaning("the jump host of %s is no name to DNS or to the ssh config: %q", s.Target(), name)
	default:
		e.Meaning = meaning("no DNS and no Host block in the ssh config knows %q: misspelt, or a VPN is down", name)
	}
	return e
}

// inputFetch says that ssh was run by git, for an input of the flake: the host in its text is not the target.
func inputFetch(x excerpt) bool {
	return x.near(`^fatal: Could not read from remote repository|^error: program 'git' failed`, 0, 3) != nil
}

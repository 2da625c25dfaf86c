package explain

import (
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

func explainRefused(x excerpt, s Situation) Explanation {
	host, port := x.group(1), x.group(2)
	e := Explanation{Detail: map[string]string{"host": host, "port": port}}
	if (host == "localhost" || host == "127.0.0.1" || host == "::1") && s.BuildHost == host {
		e.Meaning = meaning("--build-host %s makes an ssh connection to this machine, which runs no sshd", host)
		e.Remedy = []report.Remedy{s.Again("--build-host", "local")}
		return e
	}
	e.Meaning = meaning("nothing listens on port %s of %s: no sshd runs there, or it listens on another port", port, strings.TrimSuffix(s.Named(host), ","))
	e.Remedy = []report.Remedy{report.SSH("-G", s.Alias).Behind("| grep -e '^hostname' -e '^port' -e '^proxy'")}
	return e
}

func explainTimeout(x excerpt, s Situation) Explanation {
	host, reason := x.group(1), x.group(2)
	if host == "" {
		return Explanation{
			Meaning: meaning("%s took the connection, but its sshd did not answer: it is overloaded, or something else listens there", s.Target()),
			Remedy:  []report.Remedy{s.Again("--connect-timeout", "60")},
		}
	}
	e := Explanation{
		Detail: map[string]string{"host": host, "reason": reason},
		Remedy: []report.Remedy{report.SSH("-o", "ConnectTimeout=5", s.Alias, "true")},
	}
	if inputFetch(x) {
		e.Meaning = meaning("git could not fetch an input of the flake: %s does not answer", host)
		return e
	}
	e.Meaning = meaning("%s does not answer: %s; it is off, behind a firewall, or the network to it is down", s.Named(host), strings.ToLower(reason))
	return e
}

func explainJump(x excerpt, s Situation) Explanation {
	jump := "the jump host"
	e := Explanation{Remedy: []report.Remedy{report.SSH("-G", s.Alias).Behind("| grep '^proxy'")}}
	if s.Jump != "" {
		jump = s.Jump
		e.Remedy = append(e.Remedy, report.SSH(s.Jump, "true"))
		e.Detail = map[string]string{"jump": s.Jump}
	}
	reason := x.group(1)
	if reason == "" {
		if failed := x.near(`^channel \d+: open failed: (.*)`, 3, 3); failed != nil {
			reason = failed[1]
		}
	}
	switch {
	case strings.Contains(reason, "administratively prohibited"):
		e.Meaning = meaning("%s lets nobody through to %s: its sshd forbids forwarding", jump, s.Target())
		e.Remedy = append(e.Remedy, report.Line("# on the jump host"), report.Line("services.openssh.settings.AllowTcpForwarding = true;"))
	case reason != "":
		e.Meaning = meaning("%s was reached, but not %s from there: %s", jump, s.Target(), reason)
	default:
		e.Meaning = meaning("the way to %s through %s ended before %s answered", s.Target(), jump, s.Target())
	}
	return e
}

func explainKex(x excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("%s hung up before it said who it is: too many logins at once, a ban after failed ones, or a proxy on the way", s.Target()),
		Remedy: []report.Remedy{report.SSH("-v", s.Alias, "true"),
			report.Line("# on the host, when many logins come at once"), report.Line(`services.openssh.settings.MaxStartups = "100:30:200";`)},
		Detail: map[string]string{"reason": x.group(1)},
	}
}

// switching are texts that switch-to-configuration prints while it changes a system
// (nixos/modules/system/activation/switch-to-configuration.pl and its successor in nixpkgs).
const switching = `^(?:stopping|restarting|reloading|starting|NOT restarting) the following (?:changed )?units:|^activating the configuration\.\.\.|^setting up /etc\.\.\.|^updating GRUB 2 menu\.\.\.|^Checking switch inhibitors`

func explainLost(x excerpt, s Situation) Explanation {
	lively := append([]report.Remedy{report.Line("# in ~/.ssh/config")}, s.HostBlock("ServerAliveInterval 15", "ServerAliveCountMax 4")...)
	phase := s.Phase
	if phase != report.PhaseActivate && x.near(switching, 200, 0) != nil {
		phase = report.PhaseActivate
	}
	switch phase {
	case report.PhaseActivate:
		return Explanation{
			Meaning: meaning("the connection to %s broke while it was activating: the switch most likely goes on there, and its outcome is not known here", s.Target()),
			Remedy: []report.Remedy{s.OnTarget("systemctl", "status", facts.ActivationUnits),
				s.OnTarget("journalctl", "-u", facts.ActivationUnits, "-n", "30", "-o", "cat"),
				s.OnTarget("readlink", "/run/current-system", "/nix/var/nix/profiles/system")},
		}
	case report.PhaseConnect, report.PhaseEvaluate:
		return Explanation{Meaning: meaning("the connection to %s broke before anything was built: nothing was changed", s.Target()), Remedy: append([]report.Remedy{s.Again()}, lively...)}
	case report.PhaseBuild:
		return Explanation{
			Meaning: meaning("the connection broke during the build on %s: nothing was changed on %s, and what was built is kept", s.Builder(), s.Target()),
			Remedy:  append([]report.Remedy{s.Again()}, lively...),
		}
	case report.PhaseCopy:
		return Explanation{
			Meaning: meaning("the connection broke during the copy to %s: nothing was activated, and what was copied is kept", s.Target()),
			Remedy:  append([]report.Remedy{s.Again()}, lively...),
		}
	}
	return Explanation{
		Meaning: meaning("the connection to %s broke; nothing shows that it had begun to activate", s.Target()),
		Remedy:  append([]report.Remedy{s.OnTarget("readlink", "/run/current-system", "/nix/var/nix/profiles/system"), s.Again()}, lively...),
	}
}

// sshConfigRows are what ssh prints about its own configuration and its shared connections.
func sshConfigRows() []explanationRow {
	return []explanationRow{
		{
			id: "ssh-cp-long", rank: rankCause,
			needles: []string{"ControlPath too long", "too long for Unix domain socket"},
			pattern: `ControlPath too long(?: \('([^']*)')?|path "([^"]*)" too long for Unix domain socket`,
			implies: []string{"ssh-kex", "ssh-lost", "ssh-jump"},
			explain: func(x excerpt, s Situation) Explanation {
				return Explanation{
					Meaning: "the path of the socket that ssh shares its connection with is longer than a socket's path may be",
					Remedy:  []report.Remedy{s.Again().Under("TMPDIR=/tmp"), report.Line("# or, where ~/.ssh/config sets it"), report.Line("ControlPath ~/.ssh/%C")},
					Detail:  map[string]string{"path": x.group(1) + x.group(2)},
				}
			},
		},
		{
			id: "ssh-badopt", rank: rankCause,
			needles: []string{"Bad owner or permissions on ", "Bad configuration option: ", " line "},
			pattern: `^(?:Bad owner or permissions on (.+)|(.+?):? line (\d+): (Bad configuration option: (\S+)|[^:]*\b(?i:bad|unsupported|missing|invalid|garbage|no argument)\b.*))$`,
			implies: []string{"ssh-jump", "ssh-kex"},
			explain: explainBadOption,
		},
		{
			id: "ssh-mux", rank: rankConsequence,
			needles: []string{"mux_client_request_session: ", "Control socket connect("},
			pattern: `^mux_client_request_session: (?:session request failed: )?(.*)|^Control socket connect\(([^)]*)\): (.*)`,
			explain: explainMux,
		},
	}
}

func explainBadOption(x excerpt, _ Situation) Explanation {
	if file := x.group(1); file != "" {
		return Explanation{
			Meaning: meaning("ssh does not read %s: others may write it, or it belongs to somebody else", file),
			Remedy:  []report.Remedy{report.Shell("chmod", "600", file), report.Line(`chown "$(id -un)" ` + nixexec.ShellWords([]string{file}))},
			Detail:  map[string]string{"file": file},
		}
	}
	file, line, text, option := x.group(2), x.group(3), strings.TrimSuffix(x.group(4), "."), strings.ToLower(x.group(5))
	if option == "" && x.near(`terminating, \d+ bad configuration options?`, 0, 6) == nil {
		return Explanation{}
	}
	e := Explanation{
		Meaning: meaning("ssh does not take line %s of %s: %s", line, file, text),
		Remedy:  []report.Remedy{report.Shell("sed", "-n", line+"p", file)},
		Detail:  map[string]string{"file": file, "line": line, "option": option},
	}
	if option == "usekeychain" || option == "addkeystoagent" || option == "gssapiauthentication" {
		e.Meaning = meaning("line %s of %s is for the ssh of the system, and the ssh in PATH is another one: %s", line, file, text)
		e.Remedy = []report.Remedy{report.Line("# at the top of that file"), report.Line("IgnoreUnknown " + option)}
	}
	return e
}

func explainMux(x excerpt, s Situation) Explanation {
	if socket := x.group(2); socket != "" {
		return Explanation{
			Meaning: meaning("a shared connection to %s that ssh looked for is gone (%s): by itself harmless", s.Target(), strings.ToLower(x.group(3))),
			Remedy:  []report.Remedy{report.Shell("rm", "-f", socket)},
			Detail:  map[string]string{"socket": socket},
		}
	}
	if strings.Contains(x.group(1), "refused by peer") {
		return Explanation{
			Meaning: meaning("%s allows no more sessions on one connection, so ssh made another one: by itself harmless", s.Target()),
			Remedy:  []report.Remedy{report.Line("# on the host"), report.Line("services.openssh.settings.MaxSessions = 64;")},
		}
	}
	return Explanation{
		Meaning: meaning("the shared connection to %s ended: %s", s.Target(), x.group(1)),
		Remedy:  []report.Remedy{s.Again()},
	}
}

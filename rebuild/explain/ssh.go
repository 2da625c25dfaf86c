package explain

import (
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// sshRows are what ssh(1) prints in the middle of a run. OpenSSH ends its lines with a carriage return and a newline;
// the texts are those of 6.9 to 10, on Linux and macOS.
func sshRows() []row {
	return []row{
		{
			id: "ssh-between", rank: rankSpecific, phases: []report.Phase{report.PhaseCopy},
			needles: []string{
				"Could not resolve hostname ", "Host key verification failed.", "Permission denied (", "connect to host ",
			},
			pattern: `Could not resolve hostname \S+?:? |^Host key verification failed\.|connect to host \S+ port \d+: ` +
				`|Permission denied \((?:publickey|password|keyboard-interactive|hostbased|gssapi)[\w,-]*\)`,
			explain: explainBetween,
		},
		{
			id: "ssh-lost", rank: rankEffect, phases: []report.Phase{report.PhaseBuild, report.PhaseCopy, report.PhaseActivate},
			needles: []string{
				"client_loop: send disconnect: ", "packet_write_wait: ", " closed by remote host.", "Connection reset by ",
				", server ", "Read from remote host ", ssh.LostConnection,
			},
			pattern: `^(?:client_loop: send disconnect: .*|packet_write_wait: .*|Connection to \S+ closed by remote host\.` +
				`|Connection reset by \S+ port \d+|Timeout, server \S+ not responding\.?|Read from remote host .*` +
				`|No \S+ host key is known for ` + ssh.LostConnection + ` .*)$`,
			explain: explainLost,
		},
	}
}

// explainBetween is about a build host that copies to the target by an ssh of its own, as an older nixos-rebuild has
// it do. The way from here to both was open already.
func explainBetween(x excerpt, s Situation) Explanation {
	lost := x.near(ssh.LostConnection, 4, 0) != nil // which is the one from here
	if lost || s.BuildsHere() || s.BuildsOnTarget() || s.Alias == "" {
		return Explanation{}
	}
	return Explanation{
		Meaning: meaning("%s could not copy to %s: an alias, a key and a known host of this machine mean nothing "+
			"to its own ssh (%s)", s.BuildHost, s.Alias, bounded(x.line())),
		Remedy: []report.Remedy{s.Again("--build-host", "target")},
	}
}

// switching are texts that switch-to-configuration prints while it changes a system
// (nixos/modules/system/activation/switch-to-configuration.pl and its successor in nixpkgs).
const switching = `^(?:stopping|restarting|reloading|starting|NOT restarting) the following (?:changed )?units:` +
	`|^activating the configuration\.\.\.|^setting up /etc\.\.\.|^updating GRUB 2 menu\.\.\.|^Checking switch inhibitors`

func explainLost(x excerpt, s Situation) Explanation {
	if s.Phase == report.PhaseActivate || x.near(switching, 200, 0) != nil {
		return Explanation{
			Meaning: meaning("the connection to %s broke while it was activating: the switch most likely goes on there, "+
				"and its outcome is not known here", s.Target()),
			Remedy: []report.Remedy{
				s.OnTarget("systemctl", "status", facts.ActivationUnits),
				s.OnTarget("journalctl", "-u", facts.ActivationUnits, "-n", "30", "-o", "cat"),
				s.systems(),
			},
		}
	}
	e := Explanation{Remedy: append([]report.Remedy{s.Again()}, s.lively()...)}
	switch s.Phase {
	case report.PhaseBuild:
		e.Meaning = meaning("the connection broke during the build on %s: nothing was changed on %s, "+
			"and what was built is kept", s.Builder(), s.Target())
	case report.PhaseCopy:
		e.Meaning = meaning("the connection broke during the copy to %s: nothing was activated, and what was copied is kept",
			s.Target())
	default:
		e.Meaning = meaning("the connection to %s broke; nothing shows that it had begun to activate", s.Target())
		e.Remedy = append([]report.Remedy{s.systems()}, e.Remedy...)
	}
	return e
}

// systems shows which system runs, and which one boots next.
func (s Situation) systems() report.Remedy {
	return s.OnTarget("readlink", "/run/current-system", "/nix/var/nix/profiles/system")
}

// lively is the ssh configuration by which a connection outlives a pause, and one that is dead is noticed.
func (s Situation) lively() []report.Remedy {
	block := report.HostBlock(s.hostName(), "ServerAliveInterval 15", "ServerAliveCountMax 4")
	if len(block) == 0 {
		return nil
	}
	return append([]report.Remedy{report.Comment("in ~/.ssh/config")}, block...)
}

package explain

import (
	"encoding/binary"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// hostRows are about Nix on the other side: whether it is found, whom it lets in, and what the login shell does to its protocol.
func hostRows() []explanationRow {
	copying := []report.Phase{report.PhaseConnect, report.PhaseEvaluate, report.PhaseBuild, report.PhaseCopy}
	return []explanationRow{
		{
			id: "nix-sig", rank: rankCause, phases: copying,
			needles: []string{"because it lacks a "},
			pattern: `cannot add path '([^']+)' because it lacks a (?:signature by a trusted key|valid signature)|because it lacks a (?:signature by a trusted key|valid signature)`,
			implies: []string{"nix-allowed"},
			explain: explainSignature,
		},
		{
			id: "nix-allowed", rank: rankSpecific, phases: copying,
			needles: []string{"cannot open connection to remote store ", "is not allowed to connect to the Nix daemon"},
			pattern: `cannot open connection to remote store '(?:daemon|unix://[^']*)'.*Connection reset by peer|user '([^']*)' is not allowed to connect to the Nix daemon`,
			implies: []string{"ssh-lost"},
			explain: func(x excerpt, s Situation) Explanation {
				user := s.Login()
				if x.group(1) != "" {
					user = x.group(1)
				}
				return Explanation{
					Meaning: meaning("the Nix daemon of %s does not let %s in", s.Target(), user),
					Remedy:  []report.Remedy{report.Line("# on the host"), report.Line("nix.settings.allowed-users = [ " + nixexec.NixString(user) + " ];"), s.AsRoot()},
					Detail:  map[string]string{"user": user},
				}
			},
		},
		{
			id: "nix-missing", rank: rankCause,
			needles: []string{": command not found", ": not found", "command not found: nix", "Unknown command: nix", "No such file or directory"},
			pattern: `(?:^|[\s:'‘])(nix(?:-[a-z]+)*)['’]?: (?:(?:command )?not found|No such file or directory)$|command not found: (nix(?:-[a-z]+)*)$|Unknown command: '?(nix(?:-[a-z]+)*)'?$`,
			implies: []string{"nix-proto", "fish"},
			explain: explainNixMissing,
		},
		{
			id: "nix-proto", rank: rankCause,
			needles: []string{"protocol mismatch", "serialised integer "},
			pattern: `protocol mismatch(?: from '([^']+)')?, got '([^']*)|serialised integer (\d+) is too large`,
			explain: explainProtocol,
		},
		{
			id: "fish", rank: rankCause,
			needles: []string{"fish: ", "env -i PATH=${PATH-}"},
			pattern: `^fish: |^env -i PATH=\$\{PATH-\} `,
			explain: func(_ excerpt, s Situation) Explanation {
				return Explanation{
					Meaning: meaning("the login shell of %s on %s is fish, and this nixos-rebuild sends commands that only a POSIX shell understands", s.Login(), s.Target()),
					Remedy:  []report.Remedy{s.Again("--engine", "native"), report.Line("# or, on the host"), s.UserOption("shell = pkgs.bashInteractive;")},
				}
			},
		},
	}
}

func explainSignature(x excerpt, s Situation) Explanation {
	e := Explanation{}
	if path := x.group(1); path != "" {
		e.Detail = map[string]string{"path": path}
	}
	if s.BuildsOnTarget() {
		e.Meaning = meaning("the Nix of %s takes no unsigned paths from %s, who is no trusted user there", s.Target(), s.Login())
	} else {
		e.Meaning = meaning("what %s built is not signed, and the Nix of %s takes unsigned paths only from trusted users: %s is none", s.Builder(), s.Target(), s.Login())
		e.Remedy = []report.Remedy{report.Line("# needs no change on the host"), s.Again("--build-host", "target")}
	}
	e.Remedy = append(e.Remedy, s.AsRoot(),
		report.Line("# or, on the host: whoever is trusted there is as good as root"), report.Line(`nix.settings.trusted-users = [ "root" `+nixexec.NixString(s.Login())+" ];"))
	return e
}

func explainNixMissing(x excerpt, s Situation) Explanation {
	program := x.group(1) + x.group(2) + x.group(3)
	if s.Phase == report.PhaseEvaluate {
		return Explanation{
			Meaning: meaning("this machine has no %s in its PATH", program),
			Remedy:  []report.Remedy{report.Shell("command", "-v", "nix")},
			Detail:  map[string]string{"program": program},
		}
	}
	return Explanation{
		Meaning: meaning("%s has no %s in the PATH of a login without a terminal", s.Target(), program),
		Remedy: []report.Remedy{
			report.On(s.Alias, "printenv", "PATH"),
			report.Line("# on a host that is not NixOS, as root there"),
			report.Line("ln -s /nix/var/nix/profiles/default/bin/nix* /usr/local/bin/"),
		},
		Detail: map[string]string{"program": program},
	}
}

func explainProtocol(x excerpt, s Situation) Explanation {
	got := x.group(2)
	if number, err := strconv.ParseUint(x.group(3), 10, 64); err == nil {
		got = nixexec.Printable(string(binary.LittleEndian.AppendUint64(nil, number)))
	}
	host := s.Target()
	if x.group(1) != "" {
		host = x.group(1)
	}
	e := Explanation{Detail: map[string]string{"host": host, "got": got}}
	switch {
	case strings.Contains(got, "account is") || strings.HasPrefix(got, "This acc"):
		e.Meaning = meaning("the login shell of %s on %s is nologin: nobody may run commands there as this user", s.Login(), host)
		e.Remedy = []report.Remedy{report.Line("# on the host"), s.UserOption("useDefaultShell = true;")}
	case strings.Contains(got, "setlocale") || strings.Contains(got, "locale"):
		e.Meaning = meaning("%s does not have the locale that ssh took along, and its shell says so where only Nix may talk", host)
		e.Remedy = append([]report.Remedy{report.Line("# in ~/.ssh/config")}, s.HostBlock("SendEnv -LC_* -LANG")...)
	default:
		e.Meaning = meaning("the login shell on %s printed %q where only Nix may talk", host, got)
		e.Remedy = []report.Remedy{report.Line("# this must print nothing: look into .bashrc, .zshenv and config.fish there"), s.SSH("true")}
	}
	return e
}

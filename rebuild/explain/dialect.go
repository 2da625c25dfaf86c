package explain

import (
	"cmp"
	"strings"

	"nixhop/rebuild/report"
)

// dialectRows are about nixos-rebuild itself: its versions do not know each other's flags, and what it says when it is interrupted.
func dialectRows() []explanationRow {
	return []explanationRow{
		{
			id: "opt-unknown", rank: rankCause,
			needles: []string{"unknown option `", "unrecognized arguments: ", "unrecognised flag '", "unknown flag '"},
			pattern: "^(?:(\\S+): )?unknown option `([^']+)'|unrecognized arguments: (.*)|^error: (?:unrecognised|unknown) flag '([^']+)'",
			explain: explainOption,
		},
		{
			id: "ng-cleanup", rank: rankGeneral,
			needles: []string{"could not clean-up remote process"},
			pattern: `could not clean-up remote process, the command (.*) may still be running in host '([^']*)'|could not clean-up remote process`,
			explain: func(x excerpt, s Situation) Explanation {
				host := cmp.Or(x.group(2), s.Alias)
				return Explanation{
					Meaning: meaning("the build goes on on %s: nixos-rebuild could not end it there", cmp.Or(host, s.Target())),
					Remedy: []report.Remedy{report.On(host, "pgrep", "-af", "nix-store --realise|nix build|nix-build"),
						report.On(host, "pkill", "-INT", "-f", "nix-store --realise|nix build|nix-build")},
					Detail: map[string]string{"host": cmp.Or(host, s.Target())},
				}
			},
		},
		{
			id: "copy0", rank: rankConsequence, phases: []report.Phase{report.PhaseCopy},
			needles: []string{"copying 0 paths..."},
			pattern: `^copying 0 paths\.\.\.`,
			explain: func(_ excerpt, s Situation) Explanation {
				if s.hostName() != "localhost" || s.Port == 0 || s.Port == 22 {
					return Explanation{}
				}
				user := ""
				if s.Alias != "localhost" {
					user = strings.TrimSuffix(s.Alias, "localhost")
				}
				return Explanation{
					Meaning: meaning("Nix 2.31 takes localhost for this machine itself, whatever the port: nothing was copied to port %d", s.Port),
					Remedy:  []report.Remedy{s.Nixhop("switch", user+"127.0.0.1")},
				}
			},
		},
	}
}

func explainOption(x excerpt, s Situation) Explanation {
	program := x.group(1)
	option := x.group(2) + x.group(3) + x.group(4)
	e := Explanation{Detail: map[string]string{"option": option}}
	switch {
	case strings.HasPrefix(program, "/nix/store/"):
		e.Meaning = meaning("the nixos-rebuild of the configuration was run instead of yours, and does not know %s", option)
		e.Remedy = []report.Remedy{s.Again("--no-reexec")}
	case x.group(4) != "":
		e.Meaning = meaning("the nix that was run does not know %s: it is another version than the one the flag is for", option)
		e.Remedy = []report.Remedy{report.Shell("nix", "--version")}
	default:
		e.Meaning = meaning("this nixos-rebuild does not know %s: it is too old, or too new, for it", option)
		e.Remedy = []report.Remedy{s.Again("--engine", "native")}
	}
	return e
}

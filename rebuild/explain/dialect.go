package explain

import (
	"cmp"
	"strings"

	"nixhop/rebuild/report"
)

// dialectRows are about nixos-rebuild itself: its versions do not know each other's flags, and what it says when it
// is interrupted.
func dialectRows() []row {
	return []row{
		{
			id: "opt-unknown", rank: rankCause,
			needles: []string{"unknown option `", "unrecognized arguments: ", "unrecognised flag '", "unknown flag '"},
			pattern: "^(?:(\\S+): )?unknown option `([^']+)'|unrecognized arguments: (.*)" +
				"|^error: (?:unrecognised|unknown) flag '([^']+)'",
			explain: explainOption,
		},
		{
			id: "ng-cleanup", rank: rankGeneral,
			needles: []string{"could not clean-up remote process"},
			pattern: `could not clean-up remote process(?:, the command .* may still be running in host '([^']*)')?`,
			explain: explainCleanup,
		},
		{
			id: "copy0", rank: rankConsequence, phases: []report.Phase{report.PhaseCopy},
			needles: []string{"copying 0 paths..."},
			pattern: `^copying 0 paths\.\.\.`,
			explain: explainNothingCopied,
		},
	}
}

func explainOption(x excerpt, s Situation) Explanation {
	program := x.group(1)
	option := x.group(2) + x.group(3) + x.group(4)
	switch {
	case strings.HasPrefix(program, "/nix/store/"):
		return Explanation{
			Meaning: meaning("the nixos-rebuild of the configuration was run instead of yours, and does not know %s", option),
			Remedy:  []report.Remedy{s.Again("--no-reexec")},
		}
	case x.group(4) != "":
		return Explanation{
			Meaning: meaning("the nix that was run does not know %s: it is another version than the one the flag is for",
				option),
			Remedy: []report.Remedy{report.Shell("nix", "--version")},
		}
	}
	return Explanation{
		Meaning: meaning("this nixos-rebuild does not know %s: it is too old, or too new, for it", option),
		Remedy:  []report.Remedy{s.Again("--engine", "native")},
	}
}

func explainCleanup(x excerpt, s Situation) Explanation {
	const build = "nix-store --realise|nix build|nix-build"
	host := cmp.Or(x.group(1), s.Alias)
	return Explanation{
		Meaning: meaning("the build goes on on %s: nixos-rebuild could not end it there", cmp.Or(host, s.Target())),
		Remedy:  []report.Remedy{report.On(host, "pgrep", "-af", build), report.On(host, "pkill", "-INT", "-f", build)},
	}
}

// explainNothingCopied is about a target whose name says localhost and whose port says otherwise (NixOS/nix#14148).
func explainNothingCopied(_ excerpt, s Situation) Explanation {
	if s.hostName() != "localhost" || s.Port == 0 || s.Port == 22 {
		return Explanation{}
	}
	return Explanation{
		Meaning: meaning("Nix 2.31 takes localhost for this machine itself, whatever the port: "+
			"nothing was copied to port %d", s.Port),
		Remedy: []report.Remedy{s.Nixhop("switch", strings.TrimSuffix(s.Alias, "localhost")+"127.0.0.1")},
	}
}

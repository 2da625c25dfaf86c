package explain

import (
	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// hostRows are about Nix and the login shell on the other side, as far as no check can tell.
func hostRows() []row {
	return []row{
		{
			id: "nix-sig", rank: rankCause, phases: []report.Phase{report.PhaseEvaluate, report.PhaseBuild, report.PhaseCopy},
			needles: []string{"because it lacks a "},
			pattern: `because it lacks a (?:signature by a trusted key|valid signature)`,
			explain: explainSignature,
		},
		{
			id: "fish", rank: rankCause,
			needles: []string{"fish: ", "env -i PATH=${PATH-}"},
			pattern: `^fish: |^env -i PATH=\$\{PATH-\} `,
			explain: func(_ excerpt, s Situation) Explanation {
				return Explanation{
					Meaning: meaning("the login shell of %s on %s is fish, and this nixos-rebuild sends commands "+
						"that only a POSIX shell understands", s.Login(), s.Target()),
					Remedy: []report.Remedy{
						s.Again("--engine", "native"), report.Comment("or, on the host"),
						report.Line("users.users." + nixexec.Attribute(s.Login()) + ".shell = pkgs.bashInteractive;"),
					},
				}
			},
		},
	}
}

func explainSignature(_ excerpt, s Situation) Explanation {
	e := Explanation{}
	if s.BuildsOnTarget() {
		e.Meaning = meaning("the Nix of %s takes no unsigned paths from %s, who is no trusted user there",
			s.Target(), s.Login())
	} else {
		e.Meaning = meaning("what %s built is not signed, and the Nix of %s takes unsigned paths only from trusted users: "+
			"%s is none", s.Builder(), s.Target(), s.Login())
		e.Remedy = []report.Remedy{report.Comment("needs no change on the host"), s.Again("--build-host", "target")}
	}
	e.Remedy = append(e.Remedy, s.AsRoot(),
		report.Comment("or, on the host: whoever is trusted there is as good as root"),
		report.Line(`nix.settings.trusted-users = [ "root" `+nixexec.NixString(s.Login())+" ];"))
	return e
}

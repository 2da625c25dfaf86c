package explain

import (
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// platformRows are about builds that no machine in reach can do: another system, a missing feature, no job slots,
// builders that the daemon cannot use, and programs of another platform that are run.
func platformRows() []row {
	building := []report.Phase{report.PhaseEvaluate, report.PhaseBuild}
	return []row{
		{
			id: "remote-builder", rank: rankCause, phases: building,
			needles: []string{"cannot build on '", "Failed to find a machine for remote build"},
			pattern: `cannot build on '([^']+)': |Failed to find a machine for remote build`,
			implies: []string{"maxjobs", "ssh-between"},
			explain: explainRemoteBuilder,
		},
		{
			id: "sys-old", rank: rankSpecific, phases: building,
			needles: []string{" is required to build '"},
			pattern: `a '([^']+)'(?: with features \{([^}]*)\})? is required to build '([^']+)'` +
				`, but I am a '([^']+)'(?: with features \{([^}]*)\})?`,
			implies: []string{"build-fail", "maxjobs"},
			explain: func(x excerpt, s Situation) Explanation {
				return explainPlatform(wantedPlatform{
					derivation: x.group(3), system: x.group(1), features: x.group(2), here: x.group(4), offered: x.group(5),
				}, s)
			},
		},
		{
			id: "sys-new", rank: rankSpecific, phases: building,
			needles: []string{
				"Reason: required system or feature not available", "Reason: platform mismatch",
				"Reason: missing system features", "Reason: local builds are disabled",
			},
			pattern: `^\s*Reason: (?:required system or feature not available|platform mismatch` +
				`|missing system features|local builds are disabled)`,
			implies: []string{"build-fail", "maxjobs"},
			explain: explainPlatformReason,
		},
		{
			id: "maxjobs", rank: rankEffect, phases: building,
			needles: []string{"unable to start any build; "},
			pattern: `unable to start any build; (.*)`,
			explain: func(x excerpt, s Situation) Explanation {
				if strings.Contains(x.group(1), "required system features") {
					return Explanation{
						Meaning: "none of the builders has the system and the features that a build needs",
						Remedy:  []report.Remedy{report.Shell("nix", "config", "show", "builders"), s.Again("--build-host", "target")},
					}
				}
				return noJobs(s)
			},
		},
		{
			id: "execfmt", rank: rankSpecific,
			needles: []string{
				"Exec format error", "cannot execute binary file", "syntax error near unexpected token `lambda'",
				"Bad CPU type in executable",
			},
			pattern: "Exec format error|cannot execute binary file|syntax error near unexpected token `lambda'" +
				"|Bad CPU type in executable",
			explain: explainExecFormat,
		},
	}
}

func explainRemoteBuilder(x excerpt, s Situation) Explanation {
	e := Explanation{}
	_, login, _ := strings.Cut(x.group(1), "://")
	login, _, _ = strings.Cut(login, "?")
	const asRoot = "it logs in as root, with root's ssh config, keys and known hosts, not with yours"
	if login == "" {
		e.Meaning = "the Nix daemon could use none of its `builders`: " + asRoot
		e.Remedy = []report.Remedy{
			report.Shell("nix", "config", "show", "builders"),
			report.Comment("for each of them"), report.Shell("sudo", "ssh", "BUILDER", "true"),
		}
	} else {
		e.Meaning = meaning("the Nix daemon could not use the builder %s: %s", login, asRoot)
		e.Remedy = []report.Remedy{report.Shell("sudo", "ssh", login, "true")}
	}
	e.Remedy = append(e.Remedy,
		report.Comment("a build host needs no daemon: nixhop logs in as you"), s.Again("--build-host", "target"))
	return e
}

// wantedPlatform is what a derivation wants, and what there is. Features are separated by commas.
type wantedPlatform struct{ derivation, system, features, here, offered string }

// missing returns the features that are wanted and not there.
func (w wantedPlatform) missing() []string {
	offered := featureNames(w.offered)
	return slices.DeleteFunc(featureNames(w.features), func(f string) bool { return slices.Contains(offered, f) })
}

// featureNames splits a list as Nix prints it.
func featureNames(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// explainPlatformReason reads the wording of Nix 2.30 and later, and the one of 2.35, which names each reason by
// itself (NixOS/nix#13278, NixOS/nix#15266).
func explainPlatformReason(x excerpt, s Situation) Explanation {
	w := wantedPlatform{}
	if drv := x.near(`Cannot build '([^']+)'`, 4, 0); drv != nil {
		w.derivation = drv[1]
	}
	if required := x.near(`^\s*Required system: '([^']+)'(?: with features \{([^}]*)\})?`, 1, 4); required != nil {
		w.system, w.features = required[1], required[2]
	}
	if current := x.near(`^\s*Current system: '([^']+)'(?: with features \{([^}]*)\})?`, 1, 5); current != nil {
		w.here, w.offered = current[1], current[2]
	}
	if strings.Contains(x.line(), "local builds are disabled") {
		return noJobs(s)
	}
	if strings.Contains(x.line(), "missing system features") {
		w.system, w.here = "", ""
		if features := x.near(`^\s*Required features: \{([^}]*)\}`, 0, 2); features != nil {
			w.features = features[1]
		}
		if features := x.near(`^\s*Available features: \{([^}]*)\}`, 0, 3); features != nil {
			w.offered = features[1]
		}
	}
	return explainPlatform(w, s)
}

// explainPlatform says which of the reasons it is. With equal systems and every feature there, Nix has no job slots
// (NixOS/nix#14883).
func explainPlatform(w wantedPlatform, s Situation) Explanation {
	e := Explanation{}
	name := derivationName(w.derivation)
	if w.system == w.here {
		missing := w.missing()
		if len(missing) == 0 {
			return noJobs(s)
		}
		quoted := make([]string, len(missing))
		for i, feature := range missing {
			quoted[i] = nixexec.NixString(feature)
		}
		e.Meaning = meaning("%s needs the system feature %s, which %s does not offer",
			name, strings.Join(missing, ", "), s.Builder())
		e.Remedy = []report.Remedy{
			report.Comment("where it is built"),
			report.Line("nix.settings.extra-system-features = [ " + strings.Join(quoted, " ") + " ];"),
			s.Again("--build-host", "target"),
		}
		return e
	}
	if strings.HasPrefix(name, "nixos-rebuild") {
		e.Meaning = meaning("nixos-rebuild wanted to run the nixos-rebuild of the configuration first, and that is for %s; "+
			"this machine is %s", w.system, w.here)
		e.Remedy = []report.Remedy{s.Again("--no-reexec")}
		return e
	}
	e.Meaning = meaning("%s is to be built for %s, and %s builds for %s", name, w.system, s.Builder(), w.here)
	if s.Phase == report.PhaseEvaluate {
		e.Meaning = meaning("the evaluation itself must build %s for %s, and evaluating is done here, on %s",
			name, w.system, w.here)
	} else if !s.BuildsOnTarget() {
		e.Remedy = []report.Remedy{s.Again("--build-host", "target")}
	}
	if strings.HasSuffix(w.here, "-darwin") {
		e.Remedy = append(e.Remedy, report.Comment("or a Linux builder on this Mac (nix-darwin)"),
			report.Line("nix.linux-builder.enable = true;"))
	} else {
		e.Remedy = append(e.Remedy, report.Comment("or emulate it where it is built"),
			report.Line("boot.binfmt.emulatedSystems = [ "+nixexec.NixString(w.system)+" ];"))
	}
	return e
}

// noJobs explains a Nix that may build nothing itself.
func noJobs(s Situation) Explanation {
	return Explanation{
		Meaning: meaning("Nix on %s may build nothing: max-jobs is 0 there, and no builder is in reach", s.Builder()),
		Remedy:  []report.Remedy{s.OnBuilder("nix", "config", "show", "max-jobs"), s.Again("--max-jobs", "auto")},
	}
}

func explainExecFormat(x excerpt, s Situation) Explanation {
	rebuild := strings.Contains(x.line(), "nixos-rebuild") || x.near(`could not re-exec|nixos.rebuild`, 12, 3) != nil
	if rebuild {
		return Explanation{
			Meaning: "nixos-rebuild ran the nixos-rebuild of the configuration, " +
				"which is for another platform than this machine",
			Remedy: []report.Remedy{s.Again("--no-reexec")},
		}
	}
	return Explanation{
		Meaning: meaning("a program for another platform was run: is the configuration really for the system of %s",
			s.Target()),
		Remedy: []report.Remedy{s.OnTarget("uname", "-sm"), s.Again("--no-reexec", "--build-host", "target")},
	}
}

package explain

import (
	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// sudoRows are about becoming root on the target: sudo (1.8 to 1.9), sudo-rs, and what nix-env prints without either.
// What sudo is asked before the build says little about a command for which it has a rule of its own, about a
// password that only nixos-rebuild asks for, and about one that sudo remembers for a quarter of an hour.
func sudoRows() []row {
	activating := []report.Phase{report.PhaseActivate}
	return []row{
		{
			id: "sudo-denied", rank: rankCause, phases: activating,
			needles: []string{"is not in the sudoers file", " is not allowed to "},
			pattern: `(\S+) is not in the sudoers file|user (\S+) is not allowed to (?:run sudo|execute '([^']*)')`,
			implies: []string{"sudo-wrong", "sudo-tty", "ng-hint"},
			explain: explainNoSudoer,
		},
		{
			id: "sudo-wrong", rank: rankCause, phases: activating,
			needles: []string{"Sorry, try again.", " incorrect password attempt", "sudo: no password was provided"},
			pattern: `Sorry, try again\.|sudo: \d+ incorrect password attempt|sudo: (no password was provided)`,
			implies: []string{"sudo-tty", "ng-hint"},
			explain: explainWrongPassword,
		},
		{
			id: "sudo-tty", rank: rankSpecific,
			phases:  []report.Phase{report.PhaseBuild, report.PhaseCopy, report.PhaseActivate},
			needles: []string{"sudo: a terminal is required", "sudo: no tty present", "sudo: a password is required"},
			pattern: `sudo: (?:a terminal is required to (?:read the password|authenticate)|no tty present` +
				`|a password is required)`,
			implies: []string{"ng-hint"},
			explain: explainNoTerminal,
		},
		{
			id: "sudo-rs", rank: rankCause, phases: activating,
			needles: []string{"'prompt' does not take any arguments", "'--prompt' "},
			pattern: `'(?:--)?prompt' does not take any arguments`,
			implies: []string{"ng-hint"},
			explain: explainOldSudo,
		},
		{
			id: "need-root", rank: rankCause, phases: []report.Phase{report.PhaseCopy, report.PhaseActivate},
			needles: []string{"/nix/var/nix/profiles/"},
			pattern: `(?:creating symlink|opening lock file|creating directory) .*/nix/var/nix/profiles/.*Permission denied`,
			implies: []string{"ng-hint"},
			explain: explainNeedsRoot,
		},
		{
			id: "ng-hint", rank: rankConsequence, phases: activating,
			needles: []string{"did you forget to use --ask-sudo-password"},
			pattern: `did you forget to use --ask-sudo-password`,
			explain: explainHint,
		},
	}
}

func explainNoSudoer(x excerpt, s Situation) Explanation {
	user := x.group(1) + x.group(2)
	e := Explanation{
		Meaning: meaning("%s may not use sudo on %s", user, s.Target()),
		Remedy: []report.Remedy{
			s.AsRoot(), report.Comment("or, on the host"),
			report.Line("users.users." + nixexec.Attribute(user) + `.extraGroups = [ "wheel" ];`),
		},
	}
	if x.group(3) != "" {
		e.Meaning = meaning("%s may use sudo on %s, but not for %s", user, s.Target(), x.group(3))
	}
	return e
}

func explainWrongPassword(x excerpt, s Situation) Explanation {
	e := Explanation{
		Meaning: meaning("sudo on %s did not take the password of %s", s.Target(), s.Login()),
		Remedy:  []report.Remedy{s.Again("--ask-sudo-password")},
	}
	if x.group(1) != "" && x.near(`Sorry, try again|incorrect password`, 3, 3) == nil {
		e.Meaning = meaning("sudo on %s wants the password of %s, and none reached it", s.Target(), s.Login())
	}
	return e
}

func explainNoTerminal(_ excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("sudo on %s wants the password of %s, and has no terminal there to ask for it",
			s.Target(), s.Login()),
		Remedy: []report.Remedy{
			s.Again("--ask-sudo-password"), report.Comment("or never again, on the host"),
			report.Line("security.sudo.wheelNeedsPassword = false;"),
		},
	}
}

func explainOldSudo(_ excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("the sudo of %s is an old sudo-rs, which knows no --prompt, and this nixos-rebuild uses it",
			s.Target()),
		Remedy: []report.Remedy{
			s.AsRoot(),
			report.Comment("or a newer sudo-rs, from a newer nixpkgs"), report.Shell("nix", "flake", "update", "nixpkgs"),
		},
	}
}

func explainNeedsRoot(_ excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("%s may not set the system profile of %s: that needs root", s.Login(), s.Target()),
		Remedy:  []report.Remedy{s.Again("--sudo"), s.AsRoot()},
	}
}

// sudoWorked are texts that only a command which sudo did start can have caused.
const sudoWorked = switching + `|the following units failed: |error\(s\) occurred while switching|^Pre-switch check` +
	`|^Failed to install bootloader|transient service unit` +
	`|switch-to-configuration(?: |', ')\S+?(?:'\])?' returned non-zero exit status (?:4|100)\b`

// explainHint answers a hint that nixos-rebuild-ng prints after every command under sudo that failed, whatever the
// reason was (NixOS/nixpkgs#361750).
func explainHint(x excerpt, s Situation) Explanation {
	if s.SudoWorks || x.near(sudoWorked, 200, 10) != nil {
		return Explanation{
			Meaning: meaning("the hint about --ask-sudo-password does not apply: sudo worked on %s, "+
				"and what it ran there failed", s.Target()),
		}
	}
	return Explanation{
		Meaning: meaning("a command under sudo failed on %s and said nothing itself: sudo may have wanted a password",
			s.Target()),
		Remedy: []report.Remedy{s.OnTarget("sudo", "-n", "true"), s.Again("--ask-sudo-password")},
	}
}

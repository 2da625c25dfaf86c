package explain

import (
	"regexp"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// refusalRows are what the target prints when it does not begin to activate.
func refusalRows() []row {
	activating := []report.Phase{report.PhaseActivate}
	return []row{
		{
			id: "hostchange", rank: rankCause, phases: activating,
			needles: []string{"machine hostname change detected from "},
			pattern: `machine hostname change detected from '([^']+)' to '([^']+)'`,
			implies: []string{"inhibit"},
			explain: explainOtherHost,
		},
		{
			id: "inhibit", rank: rankCause, phases: activating,
			needles: []string{"Pre-switch check '"},
			pattern: `Pre-switch check '([^']+)' failed`,
			implies: []string{"switch-err"},
			explain: explainInhibited,
		},
		{
			id: "unit-busy", rank: rankCause, phases: activating,
			needles: []string{" was already loaded", "Could not acquire lock"},
			pattern: `Unit (` + facts.ActivationUnit + `[\w@.-]*) was already loaded|^(?:Error: )?Could not acquire lock`,
			implies: []string{"switch-err"},
			explain: explainBusy,
		},
		{
			id: "sd-env", rank: rankCause, phases: activating,
			needles: []string{"Invalid environment block", "unrecognized option '--output", "unrecognized option '--verbose"},
			pattern: `Invalid environment block|unrecognized option '--(?:output|verbose)`,
			explain: explainOldSystemd,
		},
	}
}

// activationRows are what switch-to-configuration and the boot loader's installer print on the target, and the status
// that they end with.
func activationRows() []row {
	activating := []report.Phase{report.PhaseActivate}
	return []row{
		{
			id: "units", rank: rankSpecific, phases: activating,
			needles: []string{"the following units failed: "},
			pattern: `the following units failed: (.*)`,
			implies: []string{"switch-err"},
			explain: explainUnits,
		},
		{
			id: "bootloader", rank: rankSpecific, phases: activating,
			needles: []string{
				"Failed to install bootloader", "is not a mounted partition", "any previously installed systemd-boot",
				"installation of GRUB ", "grub-install: error", "boot loader",
			},
			pattern: `Failed to install bootloader|Failed to (?:update|install) .*boot` +
				`|efiSysMountPoint = '([^']*)' is not a mounted partition` +
				`|could not find any previously installed systemd-boot|installation of GRUB .*failed|grub-install: error`,
			implies: []string{"switch-err"},
			explain: explainBootloader,
		},
		{
			id: "switch-err", rank: rankGeneral, phases: activating,
			needles: []string{"occurred while switching to the new configuration"},
			pattern: `error\(s\) occurred while switching to the new configuration`,
			explain: explainInPart,
		},
		{
			id: ExitRow, rank: rankGeneral, last: true,
			needles: []string{"returned non-zero exit status ", "died with <Signals."},
			pattern: `Command '(.*)' (?:returned non-zero exit status (\d+)|died with <Signals\.(\w+): (\d+)>)`,
			explain: explainStatus,
		},
	}
}

func explainOtherHost(x excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("the host behind %s calls itself %q, and the configuration is that of %q: is it the right host? "+
			"nothing was activated", s.Target(), x.group(1), x.group(2)),
		Remedy: []report.Remedy{
			s.OnTarget("hostname"), report.Nixhop("check", s.Alias),
			report.Comment("when the host is to get that new name"),
			report.Line("srvos.detect-hostname-change.enable = false;"),
		},
	}
}

func explainBusy(x excerpt, s Situation) Explanation {
	e := Explanation{
		Meaning: meaning("another switch runs on %s, or one that ended left its unit there: nothing was activated",
			s.Target()),
		Remedy: []report.Remedy{s.OnTarget("systemctl", "list-units", "--all", facts.ActivationUnits)},
	}
	if unit := x.group(1); unit != "" {
		e.Remedy = append(e.Remedy, report.Comment("only when it is not running"),
			s.OnTarget("sudo", "systemctl", "reset-failed", unit), s.OnTarget("sudo", "systemctl", "stop", unit))
	}
	return e
}

func explainOldSystemd(_ excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("the systemd of %s is too old for this nixos-rebuild: nothing was activated", s.Target()),
		Remedy: []report.Remedy{
			s.OnTarget("systemctl", "--version"),
			report.Comment("with the nixos-rebuild of the release that runs there"), s.Again("--nixos-rebuild", "PATH"),
		},
	}
}

// unitName is what a unit may be called (systemd.unit(5)).
var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]+\.[a-z]+$`)

func explainUnits(x excerpt, s Situation) Explanation {
	var units []string
	for _, word := range strings.FieldsFunc(x.groups[1], func(r rune) bool { return r == ',' || r == ' ' }) {
		if unitName.MatchString(word) && len(word) < captureBytes && len(units) < 20 {
			units = append(units, word)
		}
	}
	// What prints this line ends with 4, and a nixos-rebuild around it may end with 1 (the older one does).
	e := Explanation{Status: request.ExitUnits}
	if len(units) == 0 {
		e.Meaning = meaning("%s runs the new configuration, but not all of its units started", s.Target())
		e.Remedy = []report.Remedy{s.failedUnits()}
		return e
	}
	e.Meaning = meaning("%s runs the new configuration, but %s failed there: %s",
		s.Target(), report.CountOf(len(units), "unit"), strings.Join(units, ", "))
	for _, unit := range units[:min(len(units), 3)] {
		e.Remedy = append(e.Remedy, s.OnTarget("journalctl", "-u", unit, "-n", "20", "-o", "cat"))
	}
	return e
}

func explainInPart(_ excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("%s was switched only in part: the lines before this say what failed there", s.Target()),
		Remedy:  []report.Remedy{s.activationLog(), s.failedUnits()},
	}
}

// activationLog shows what the last activation said.
func (s Situation) activationLog() report.Remedy {
	return s.OnTarget("journalctl", "-u", facts.ActivationUnits, "-n", "50", "-o", "cat")
}

func (s Situation) failedUnits() report.Remedy { return s.OnTarget("systemctl", "--failed") }

func (s Situation) reboot() report.Remedy { return s.OnTarget("sudo", "systemctl", "reboot") }

// bootAnew is the deployment that has its system come up with a boot.
func (s Situation) bootAnew() report.Remedy {
	if s.Alias == "" {
		return s.Nixhop("boot", "")
	}
	return report.Nixhop(append([]string{"boot", s.Alias, "--reboot"}, s.flakeFlag()...)...)
}

func explainInhibited(x excerpt, s Situation) Explanation {
	refused := x.group(1)
	if refused == "switchInhibitors" {
		what := "critical parts"
		if changed := x.near(`^([\w.-]+) : (.*)$`, 25, 0); changed != nil {
			what = changed[1] + " (" + changed[2] + ")"
		}
		return Explanation{
			Meaning: meaning("%s of %s would change under the running system: nothing was activated", what, s.Target()),
			Remedy:  []report.Remedy{s.bootAnew()},
		}
	}
	e := Explanation{
		Meaning: meaning("the check %q of the new configuration refused the switch: nothing was activated", refused),
	}
	if option, ok := nixexec.FlakeAttribute(s.FlakeDir(), "nixosConfigurations", s.Configuration, "config", "system", "preSwitchChecks", refused); ok && s.Configuration != "" {
		e.Remedy = []report.Remedy{report.Comment("what it checks"), report.Shell("nix", "eval", "--raw", option)}
	}
	return e
}

func explainBootloader(x excerpt, s Situation) Explanation {
	mount := x.group(1)
	if mount == "" {
		if unmounted := x.near(`efiSysMountPoint = '([^']*)' is not a mounted partition`, 60, 5); unmounted != nil {
			mount = unmounted[1]
		}
	}
	switch {
	case mount != "":
		return Explanation{
			Meaning: meaning("%s is no mounted partition on %s, so the boot loader was not installed: "+
				"it would boot the old configuration", mount, s.Target()),
			Remedy: []report.Remedy{
				s.OnTarget("findmnt", mount), report.Comment("where the EFI system partition is mounted elsewhere"),
				report.Line(`boot.loader.efi.efiSysMountPoint = "/boot/efi";`),
			},
		}
	case x.near(`could not find any previously installed systemd-boot`, 20, 5) != nil:
		return Explanation{
			Meaning: meaning("%s never had systemd-boot, and it is put there only when asked for: "+
				"it would boot the old configuration", s.Target()),
			Remedy: []report.Remedy{s.Again("--install-bootloader")},
		}
	}
	return Explanation{
		Meaning: meaning("the boot loader of %s was not installed: the new profile is set, but %s would boot the old one",
			s.Target(), s.Target()),
		Remedy: []report.Remedy{s.OnTarget("findmnt", "/boot"), s.OnTarget("bootctl", "status")},
	}
}

// explainStatus reads the status that nixos-rebuild-ng hides: for years it ended with 1 whatever a command of it
// ended with. The numbers of switch-to-configuration are 4, some units failed, and 100, a reboot is needed.
func explainStatus(x excerpt, s Situation) Explanation {
	e := Explanation{Status: statusOf(x.group(2))}
	if x.group(3) != "" {
		e.Status = min(128+statusOf(x.group(4)), 255)
	}
	// Before 25.11, and with -v until today, the command stands there as a Python list.
	command := strings.NewReplacer("['", "", "', '", " ", "']", "").Replace(x.groups[1])
	switched := strings.Contains(command, "switch-to-configuration ")
	switch {
	case switched && e.Status == request.ExitUnits:
		e.Meaning = meaning("%s runs the new configuration, but some of its units failed", s.Target())
		e.Remedy = []report.Remedy{s.failedUnits(), s.activationLog()}
	case switched && e.Status == facts.RebootOnly:
		e.Meaning = meaning("%s has the new configuration, and a part of it only takes effect after a reboot", s.Target())
		e.Remedy = []report.Remedy{s.reboot()}
	case switched && e.Status == ssh.Failed, e.Status == ssh.Failed && strings.HasPrefix(command, "ssh "):
		e.Meaning = meaning("ssh itself failed, or the connection to %s broke", s.Target())
		e.Remedy = []report.Remedy{report.SSH(s.Alias, "true")}
	}
	return e
}

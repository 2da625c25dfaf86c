package explain

import (
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// buildRows are about builds that fail, and about the space and the memory that they and the evaluation need.
func buildRows() []row {
	return []row{
		{
			id: "hash", rank: rankCause, phases: []report.Phase{report.PhaseEvaluate, report.PhaseBuild},
			needles: []string{"hash mismatch in fixed-output derivation"},
			pattern: `hash mismatch in fixed-output derivation '([^']+)'`,
			implies: []string{"build-fail"},
			explain: explainHash,
		},
		{
			id: "space", rank: rankCause, logs: true,
			needles: []string{"No space left on device", "database or disk is full", "[Errno 28]", "lack of free disk space"},
			pattern: `No space left on device|database or disk is full|\[Errno 28\]` +
				`|build failure may have been caused by lack of free disk space`,
			implies: []string{"build-fail", "bootloader", "switch-err", "ssh-lost"},
			explain: explainSpace,
		},
		{
			id: "oom", rank: rankCause, logs: true,
			needles: []string{
				"killed by signal 9", "failed due to signal 9", "Signals.SIGKILL", "Killed", "ut of memory", "std::bad_alloc",
				"Failed to expand heap",
			},
			pattern: `killed by signal 9|failed due to signal 9|died with <Signals\.SIGKILL: 9>` +
				`|^Killed(?:: 9)?$|line \d+:\s+\d+ Killed\b` +
				`|Out of memory: Killed process|^(?:error: )?(?:Nix daemon )?out of memory|std::bad_alloc|Failed to expand heap`,
			implies: []string{"build-fail"},
			explain: explainMemory,
		},
		{
			id: "build-fail", rank: rankEffect, phases: []report.Phase{report.PhaseEvaluate, report.PhaseBuild},
			needles: []string{"builder for '", "Reason: builder failed", "builder failed to produce output"},
			pattern: `builder for '([^']+\.drv)' failed (?:with exit code \d+|to produce output)|^\s*Reason: builder failed`,
			implies: []string{ExitRow},
			explain: explainBuildFailure,
		},
	}
}

func explainHash(x excerpt, _ Situation) Explanation {
	e := Explanation{
		Meaning: meaning("what %s downloaded is not what its hash promises: "+
			"the source changed, or the hash was never updated", derivationName(x.group(1))),
	}
	if got := x.near(`^\s*got:\s+(\S+)`, 0, 4); got != nil {
		e.Remedy = []report.Remedy{
			report.Comment("only when the change is wanted: in its Nix expression"),
			report.Line("hash = " + nixexec.NixString(got[1]) + ";"),
		}
	}
	return e
}

func explainSpace(x excerpt, s Situation) Explanation {
	if (s.Phase == report.PhaseActivate || s.Phase == report.PhaseAny) && !logLine(x.line()) && aboutBoot(x) {
		return Explanation{
			Meaning: meaning("/boot of %s is full: the new kernel and initrd are written before the old ones are removed; "+
				"the new profile is set, but the boot loader does not know it", s.Target()),
			Remedy: []report.Remedy{
				s.OnTarget("df", "-h", "/boot"), s.OnTarget("sudo", "nix-collect-garbage", "--delete-older-than", "14d"),
				report.Comment("then remove the oldest kernels below /boot by hand, once, and keep fewer from now on"),
				report.Line("boot.loader.systemd-boot.configurationLimit = 5;"),
			},
		}
	}
	df := []string{"df", "-h", "/nix/store", "/tmp"}
	full := meaning("a disk is full on %s or on %s", s.Builder(), s.Target())
	hosts := []report.Remedy{s.OnBuilder(df...)}
	switch {
	case s.BuildsOnTarget():
		full = meaning("a disk is full on %s", s.Target())
	case logLine(x.line()) || s.Phase == report.PhaseEvaluate || s.Phase == report.PhaseBuild:
		full = meaning("a disk is full on %s", s.Builder())
	case s.Phase == report.PhaseCopy || s.Phase == report.PhaseActivate:
		full = meaning("a disk is full on %s", s.Target())
		hosts = []report.Remedy{s.OnTarget(df...)}
	default:
		hosts = append(hosts, s.OnTarget(df...))
	}
	return Explanation{
		Meaning: full,
		Remedy: append(hosts, report.Comment("where it is full"),
			report.Shell("nix-collect-garbage", "--delete-older-than", "14d")),
	}
}

// aboutBoot says that it is the boot loader's installer that ran out of space.
func aboutBoot(x excerpt) bool {
	return x.near(`/boot\b|/efi\b`, 0, 0) != nil ||
		x.near(`systemd-boot|install-grub|updating GRUB|boot entries|Failed to install bootloader`, 12, 3) != nil
}

func explainMemory(x excerpt, s Situation) Explanation {
	line := x.line()
	swap := report.Line("zramSwap.enable = true;")
	e := Explanation{Remedy: []report.Remedy{
		s.Again("--max-jobs", "1", "--cores", "2"), report.Comment("more room where it runs"), swap,
	}}
	switch {
	case strings.Contains(line, "failed due to signal 9"):
		e.Meaning = meaning("a build on %s was killed, most likely for want of memory", s.Builder())
	case s.Phase == report.PhaseActivate:
		e.Meaning = meaning("a program was killed during the activation of %s, most likely for want of memory", s.Target())
		e.Remedy = []report.Remedy{s.OnTarget("free", "-h"), report.Comment("on the host"), swap}
	default:
		e.Meaning = "nix was killed, most likely for want of memory: to evaluate a configuration takes some gigabytes"
	}
	if strings.Contains(line, "SIGKILL") {
		e.Status = 128 + 9
	}
	return e
}

func explainBuildFailure(x excerpt, s Situation) Explanation {
	drv := x.group(1)
	if drv == "" {
		if above := x.near(`Cannot build '([^']+\.drv)'`, 3, 0); above != nil {
			drv = above[1]
		}
	}
	if drv == "" {
		return Explanation{Meaning: meaning("a build failed on %s: nothing was changed on %s", s.Builder(), s.Target())}
	}
	return Explanation{
		Meaning: meaning("the build of %s failed on %s: nothing was changed on %s",
			derivationName(drv), s.Builder(), s.Target()),
		Remedy: []report.Remedy{s.OnBuilder("nix", "log", drv)},
	}
}

// derivationName is the readable part of a derivation's path: "hello-2.12" of "/nix/store/…-hello-2.12.drv".
func derivationName(path string) string {
	name := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".drv")
	if _, readable, found := strings.Cut(name, "-"); found {
		return readable
	}
	if name == "" {
		return "a build"
	}
	return name
}

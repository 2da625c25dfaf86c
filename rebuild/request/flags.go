package request

import (
	"slices"

	"nixhop/rebuild/report"
)

// Flags is the table of every flag, nixhop's and nixos-rebuild's. A new flag is a new row here: Request.Has and
// Request.Value find it under its name.
func Flags() []FlagSpec {
	return slices.Concat(ownFlags(), guardFlags(), bootFlags(), hostFlags(), rolloutFlags(), platformFlags(), exportFlags(), configurationFlags(), whereFlags(), rootFlags(), runFlags(), nixFlags(), flakeFlags(), oldFlags())
}

func ownFlags() []FlagSpec {
	engines := []string{EngineNative, EngineNixosRebuild}
	return []FlagSpec{
		{Name: "--plan", Group: GroupOwn, Help: "print the commands, quoted for a shell, and run none", More: "no host is contacted"},
		{Name: "--check", Group: GroupOwn, Help: "with --plan: look at the hosts first, and print exactly what would run"},
		{Name: "--no-check", Group: GroupOwn, Help: "leave out the checks that the deployment can do without"},
		{Name: "--quick", With: v("check"), Group: GroupOwn, Help: "with the action check: leave out the long part of the evaluation"},
		{Name: "--allow", Values: v("FINDING"), Choices: report.Skippable(), Group: GroupOwn, Help: "let this finding through, as in --allow host-name; more than once: more of them"},
		{Name: "--accept-new", Group: GroupOwn, Help: "accept the key of a host never seen before; a changed key stays an error"},
		{Name: "--explain", Group: GroupOwn, Help: "read the output along also where it is no terminal, to explain failures"},
		{Name: "--ask", With: v("switch", "boot", "test"), Group: GroupOwn, Help: "show what the activation will change, as --diff does, and go on only after a yes", More: "nixhop then takes the steps itself, by nix and ssh; of many hosts there is one question for all"},
		{Name: "--connect-timeout", Values: v("SECONDS"), Group: GroupOwn, Help: "how long a host may take to answer (default 5)"},
		{Name: "--reconnect-timeout", Values: v("SECONDS"), Group: GroupOwn, Help: "how long a host is tried again whose connection was lost (default 120)", More: "at first each second, then more rarely"},
		{Name: "--engine", Values: v("ENGINE"), Choices: engines, Group: GroupOwn, Help: "native: run nix and ssh; nixos-rebuild: run that (default for one host, where there is one; several hosts are always native)"},
		{Name: "--nixos-rebuild", Values: v("PATH"), Group: GroupOwn, Help: "the nixos-rebuild to run (also NIXHOP_NIXOS_REBUILD)"},
		{Name: "--ssh-config", Values: v("FILE"), Group: GroupOwn, Help: "the ssh config to use (also NIXHOP_SSH_CONFIG)"},
		{Name: "--json", Group: GroupOwn, Known: InAll, Help: "one JSON object a line on standard output; of a deployment: its events", More: "one host is then deployed as many are, and nobody is asked"},
		{Name: "--log-dir", Values: v("DIR"), Group: GroupOwn, Help: "keep all that is printed for each host in a file there, with times", More: "one host is then deployed as many are"},
		{Name: "--nom", With: v("switch", "boot", "test", "build", "dry-activate"), Group: GroupOwn, Help: "have nix-output-monitor show the build of one host, here or on its build host (also NIXHOP_NOM=1)", More: "nixhop then takes the steps itself, by nix and ssh; on a terminal alone"},
		{Name: "--notify", Group: GroupOwn, Help: "tell the terminal when a run of 10 seconds or more is over: by its title, and by a notification (OSC 9 or 777)", More: "on a terminal alone; a terminal that knows no notifications shows none"},
		{Name: "--verbose", Short: "-v", Counted: true, Group: GroupOwn, Known: InAll, Native: forAll, Help: "say more, also in Nix, and each command that is run; more often means more"},
		{Name: "--help", Short: "-h", Group: GroupOwn, Known: InAll, Help: "print this help"},
	}
}

func guardFlags() []FlagSpec {
	const g = GroupGuard
	changes := v("switch", "test")
	return []FlagSpec{
		{Name: "--guard", With: changes, Values: v("SECONDS"), Optional: true, Attached: true, Group: g, Help: "bring the system before back unless a new login proves the new one so soon after its activation (default 30; also NIXHOP_GUARD, 0: none)", More: "on by itself where such a login asks nobody"},
		{Name: "--no-guard", With: v("switch", "test", "boot"), Group: g, Help: "no guard stays on the host", More: "with --reboot: nor is the new system booted once first"},
		{Name: "--activation-timeout", With: changes, Values: v("SECONDS"), Group: g, Help: "under a guard: end an activation that takes longer, and bring the system before back (default 600)"},
		{Name: "--guard-reboot", With: changes, Group: g, Help: "let the guard reboot the host into the system before where nothing else brings that back"},
		{Name: "--expect", With: changes, Values: v("HOST"), Group: g, Help: "the host answers as this one, once it was activated: with another port, address or key"},
	}
}

func bootFlags() []FlagSpec {
	const g = GroupBoot
	return []FlagSpec{
		{Name: "--on-inhibit", With: v("switch"), Values: v("WHAT"), Choices: v("fail", "boot"), Group: g, Help: "where the new system inhibits the switch to it: fail (default), or make it what boots next"},
		{Name: "--reboot", With: v("switch", "boot"), Values: v("if-needed"), Optional: true, Attached: true, Group: g, Help: "reboot the host behind its deployment, wait until it is back, and see whether it runs the new system", More: "if-needed: only where something of its system comes to run only with a boot; a host that does not come back has failed"},
		{Name: "--reboot-timeout", With: v("switch", "boot"), Values: v("SECONDS"), Group: g, Help: "how long a host may take until it lets a login in again (default 600)"},
	}
}

func hostFlags() []FlagSpec {
	const g = GroupHosts
	return []FlagSpec{
		{Name: "--all", Group: g, Help: "every alias that has a configuration in the flake"},
		{Name: "--except", Values: v("HOST"), Group: g, Help: "leave these out; more than once: more of them", More: "by the same words; each must match something"},
		{Name: "--partition", Values: v("I/N"), Group: g, Help: "only share I of N of these hosts, counted from 1, as the jobs of a CI matrix are", More: "the hosts are sorted by their names and dealt like cards"},
		{Name: "--inventory", Values: v("KIND"), Choices: v("flake", "colmena", "nixops", "deploy", "morph"), Group: g, Help: "take the hosts' configurations from this inventory alone (flake: its nixosConfigurations)"},
		{Name: "--yes", Group: g, Help: "go on with the hosts that a glob, a tag or --all has chosen, without asking"},
	}
}

func rolloutFlags() []FlagSpec {
	const g = GroupMany
	failures := v("stop", "continue")
	changes := v("switch", "boot", "test")
	work := v("switch", "boot", "test", "build", "dry-build", "dry-activate")
	return []FlagSpec{
		{Name: "--canary", With: changes, Values: v("HOST|N"), Group: g, Help: "activate this host, or the first N, before all others", More: "where one of them fails nothing further is begun, whatever else is said"},
		{Name: "--batch", With: changes, Values: v("N|N%"), Group: g, Help: "activate so many hosts, then the next so many (default: all)"},
		{Name: "--parallel", With: append(slices.Clone(changes), "ssh"), Values: v("N"), Group: g, Help: "how many of them are activated at a time (default 10)"},
		{Name: "--serial", With: changes, Group: g, Help: "activate one host after another"},
		{Name: "--pause", With: changes, Values: v("SECONDS"), Group: g, Help: "wait between two waves"},
		{Name: "--health", With: v("switch", "test"), Values: v("COMMAND"), Group: g, Help: "a shell command, run here for each host that was activated: the next wave waits until it succeeds", More: "tried again until it does, or --health-timeout is over; NIXHOP_HOST (as typed), NIXHOP_ADDRESS and NIXHOP_TOPLEVEL (empty where a nixos-rebuild has done the work) are in its environment; it works for one host, too"},
		{Name: "--health-remote", With: v("switch", "test"), Values: v("COMMAND"), Group: g, Help: "the same, but run on the host", More: "as the user that ssh logs in as"},
		{Name: "--health-timeout", With: v("switch", "test"), Values: v("SECONDS"), Group: g, Help: "how long a host may take to be healthy (default 60)"},
		{Name: "--on-failure", With: work, Values: v("WHAT"), Choices: failures, Group: g, Help: "stop: begin nothing further when a host fails (default); continue: with the others", More: "what runs is finished, and the rest is listed"},
		{Name: "--max-failures", With: work, Values: v("N|N%"), Group: g, Help: "go on until more hosts than that have failed"},
		{Name: "--skip-offline", With: append(slices.Clone(work), "status", "ssh", UploadKeys), Group: g, Help: "leave out hosts that cannot be reached, and do not count them as failed", More: "they are listed; where no host is left that is a failure all the same"},
		{Name: "--force", With: changes, Group: g, Help: "activate also hosts that run and boot the system already; this restarts failed units, too"},
		{Name: "--eval-jobs", With: append(slices.Clone(work), "check"), Values: v("N"), Group: g, Help: "evaluate so many configurations at a time (default: as many as processors and memory carry)"},
		{Name: "--copy-jobs", With: work, Values: v("N"), Group: g, Help: "copy so many systems at a time (default 5)"},
	}
}

func platformFlags() []FlagSpec {
	const g = GroupPlatform
	return []FlagSpec{
		{Name: "--cross", Values: v("BUILD-SYSTEM"), Optional: true, Attached: true, Group: g, Help: "cross-compile from this system (default: the build host's); none: against a hint", More: "whatever the configuration says; =BUILD-SYSTEM is part of the same word"},
		{Name: "--emulate", Group: g, Help: "let the build host run programs of the target's system, and try first whether it can"},
		{Name: "--system", Values: v("SYSTEM"), Group: g, Help: "the system of a configuration that leaves it to its caller"},
	}
}

func exportFlags() []FlagSpec {
	return []FlagSpec{
		{Name: "--home-manager", With: v("export"), Group: GroupExport, Help: "as a module of home-manager (programs.ssh.matchBlocks, from 25.11 on)"},
		{Name: "--from-flake", With: v("export"), Group: GroupExport, Help: "the other way: print a Host block for each configuration and node", More: "where it is stands in its deployment.targetHost, or else in its networking.interfaces, where there is one address, or else it is its host name with networking.domain"},
		{Name: "--address", With: v("export", "init"), Values: v("NAME=ADDRESS"), Group: GroupExport, Help: "with --from-flake: where this one is; more than once: more of them; with init: ADDRESS alone", More: "a user and a port may stand with it: web=root@192.0.2.1:2222"},
		{Name: "--write", With: v("export"), Group: GroupExport, Help: "with --from-flake: write the blocks to nixhop/flake.conf beside the ssh config", More: "that file is nixhop's own; the line that includes it is written after a yes, and else printed"},
	}
}

func configurationFlags() []FlagSpec {
	const g = GroupConfiguration
	return []FlagSpec{
		{Name: "--flake", Short: "-F", Values: v("FLAKE[#NAME]"), Optional: true, Group: g, Known: InAll, Help: "build from this flake"},
		{Name: "--no-flake", Group: g, Known: InAll, Help: "do not look for a flake"},
		{Name: "--file", Short: "-f", Values: v("FILE"), Group: g, Known: InAll, Help: "build from this Nix file"},
		{Name: "--attr", Short: "-A", Values: v("ATTR"), Group: g, Known: InAll, Help: "build this attribute of the file"},
		{Name: "--store-path", Values: v("PATH"), Empty: true, Group: g, Known: InNewest, Native: byEngine, Help: "take this system, which is built already"},
		{Name: "--rollback", Group: g, Known: InAll, Native: byEngine, Help: "take the generation before the current one"},
		{Name: "--generation", With: v("switch", "boot", "test"), Values: v("N"), Group: g, Help: "take this generation, as list-generations numbers them"},
		{Name: "--specialisation", Short: "-c", Values: v("NAME"), Empty: true, Group: g, Known: InAll, Native: byEngine, Help: "activate this specialisation"},
		{Name: "--image-variant", Values: v("VARIANT"), Empty: true, Group: g, Known: SinceNG, Help: "which disk image build-image builds"},
		{Name: "--upgrade", Group: g, Known: InAll, Help: "update root's channel nixos first"},
		{Name: "--upgrade-all", Group: g, Known: InAll, Help: "update all of root's channels first"},
	}
}

func whereFlags() []FlagSpec {
	const g = GroupWhere
	return []FlagSpec{
		{Name: "--build-host", Values: v("HOST"), Group: g, Known: InAll, Help: "build there: local, target, or a host (default local)", More: "localhost, an empty word and the name of this machine, where that is no alias, are local, too"},
		{Name: "--target-host", Values: v("HOST"), Group: g, Known: InAll, Help: "activate there, instead of a HOST word"},
		{Name: "--use-substitutes", Short: "-s", Also: v("--substitute-on-destination"), Group: g, Known: InAll, Native: byEngine, Help: "let the hosts fetch from binary caches what those have"},
		{Name: "--profile-name", Short: "-p", Values: v("NAME"), Empty: true, Group: g, Known: InAll, Native: byEngine, Help: "set this system profile instead of the default one"},
		{Name: "--install-bootloader", Group: g, Known: InAll, Native: byEngine, Help: "install the boot loader again"},
	}
}

func rootFlags() []FlagSpec {
	const g = GroupRoot
	return []FlagSpec{
		{Name: "--elevate", Values: v("METHOD"), Choices: v("none", "sudo", "run0"), Group: g, Known: InNewest, Native: byEngine, Help: "none, sudo or run0"},
		{Name: "--sudo", Group: g, Known: SinceNG, Native: byEngine, Help: "the same as --elevate sudo"},
		{Name: "--ask-elevate-password", Short: "-S", Group: g, Known: InNewest, Native: byEngine, Help: "ask for the password once, here"},
	}
}

func runFlags() []FlagSpec {
	const g = GroupRun
	return []FlagSpec{
		{Name: "--no-reexec", Group: g, Known: SinceNG, Native: byEngine, Help: "do not first build the configuration's own nixos-rebuild"},
		{Name: "--diff", Group: g, Known: InNewest, Native: byEngine, Help: "show what changes against the current system"},
		{Name: "--debug", Group: g, Known: SinceNG, Native: byEngine, Help: "say more, but not in Nix"},
	}
}

func nixFlags() []FlagSpec {
	const g = GroupNix
	return []FlagSpec{
		{Name: "--max-jobs", Short: "-j", Values: v("N"), Group: g, Known: InAll, Native: forAll, Help: "run at most N builds at a time"},
		{Name: "--cores", Values: v("N"), Group: g, Known: InAll, Native: forAll, Help: "give each build N cores; 0: all"},
		{Name: "--builders", Values: v("SPEC"), Group: g, Known: InAll, Native: forBuilds, Help: "build on these machines, too"},
		{Name: "--keep-going", Short: "-k", Group: g, Known: InAll, Native: forAll, Help: "go on with what does not need a failed build"},
		{Name: "--keep-failed", Short: "-K", Group: g, Known: InAll, Native: forAll, Help: "keep the directory of a failed build"},
		{Name: "--fallback", Group: g, Known: InAll, Native: forAll, Help: "build what cannot be fetched"},
		{Name: "--repair", Group: g, Known: InAll, Native: forFlakeBuild | forClassicBuild | ForRealise, Help: "mend store paths that are damaged"},
		{Name: "--option", Values: v("NAME", "VALUE"), Group: g, Known: InAll, Native: forAll, Help: "set an option of nix.conf"},
		{Name: "--include", Short: "-I", Values: v("PATH"), Group: g, Known: InAll, Native: forEvals, Help: "search PATH for <...>, before NIX_PATH"},
		{Name: "--arg", Values: v("NAME", "EXPR"), Group: g, Known: InBash, Native: byEngine, Help: "pass an expression to the function in FILE"},
		{Name: "--argstr", Values: v("NAME", "TEXT"), Group: g, Known: InBash, Native: byEngine, Help: "pass a string to the function in FILE"},
		{Name: "--print-build-logs", Short: "-L", Group: g, Known: InAll, Native: forFlakes, Help: "show the logs of the builds"},
		{Name: "--no-build-output", Short: "-Q", Group: g, Known: InAll, Native: forClassicBuild | ForRealise, Help: "do not show the logs of the builds"},
		{Name: "--log-format", Values: v("FORMAT"), Group: g, Known: InAll, Native: forAll, Help: "raw, bar, bar-with-logs or internal-json"},
		{Name: "--show-trace", Group: g, Known: InAll, Native: forEvals, Help: "show where an evaluation error comes from"},
		{Name: "--quiet", Counted: true, Group: g, Known: InAll, Native: forAll, Help: "say less, also of nixhop's own lines: warnings and errors stay"},
		{Name: "--no-link", Group: g, Known: InNewest, Native: forFlakeBuild | forClassicBuild, Help: "leave no link \"result\""},
	}
}

func flakeFlags() []FlagSpec {
	const g = GroupFlake
	return []FlagSpec{
		{Name: "--accept-flake-config", Group: g, Known: InAll, Native: forFlakes, Help: "trust the nixConfig of the flake"},
		{Name: "--refresh", Group: g, Known: InAll, Native: forFlakes, Help: "look at everything that was fetched before again"},
		{Name: "--impure", Group: g, Known: InAll, Native: forFlakes, Help: "let the evaluation see environment and files"},
		{Name: "--offline", Group: g, Known: InAll, Native: forFlakes, Help: "use no network, and take what was fetched before"},
		{Name: "--no-net", Group: g, Known: InAll, Native: forFlakes, Help: "the same as --offline"},
		{Name: "--recreate-lock-file", Group: g, Known: InAll, Native: forFlakes, Help: "lock all inputs anew"},
		{Name: "--no-update-lock-file", Group: g, Known: InAll, Native: forFlakes, Help: "stop where the lock file would change"},
		{Name: "--no-write-lock-file", Group: g, Known: InAll, Native: forFlakes, Help: "do not write the lock file"},
		{Name: "--no-registries", Group: g, Known: InAll, Native: forFlakes, Help: "do not look names of flakes up in registries"},
		{Name: "--commit-lock-file", Group: g, Known: InAll, Native: forFlakes, Help: "commit the lock file where it changed"},
		{Name: "--update-input", Values: v("INPUT"), Group: g, Known: InAll, Native: forFlakes, Help: "lock this input anew"},
		{Name: "--override-input", Values: v("INPUT", "FLAKE"), Group: g, Known: InAll, Native: forFlakes, Help: "take this flake for an input"},
	}
}

func oldFlags() []FlagSpec {
	const g = GroupOld
	return []FlagSpec{
		{Name: "--fast", Means: "--no-reexec", Group: g, Known: InAll, Native: byEngine, Help: "now --no-reexec"},
		{Name: "--use-remote-sudo", Means: "--sudo", Group: g, Known: InAll, Native: byEngine, Help: "now --sudo"},
		{Name: "--ask-sudo-password", Means: "--ask-elevate-password", Group: g, Known: SinceNG, Native: byEngine, Help: "now --ask-elevate-password"},
		{Name: "--install-grub", Means: "--install-bootloader", Group: g, Known: InAll, Native: byEngine, Help: "now --install-bootloader"},
		{Name: "--no-build-nix", Group: g, Known: InAll, Native: byEngine, Help: "no effect any more"},
		{Name: "--no-ssh-tty", Group: g, Known: InAll, Native: byEngine, Help: "no effect any more"},
	}
}

// v keeps a row on one line.
func v(words ...string) []string { return words }

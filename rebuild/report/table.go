package report

import (
	"fmt"
	"slices"
	"strings"
)

// Spec is one row of the table of findings: what every Finding of that name has in common.
type Spec struct {
	Name       string
	Severities []Severity // the worst first
	Meaning    string     // a half sentence in Markdown: lower case, no full stop

	// Skippable says that an error of this name can be let through: without what it tells of there is still something
	// to deploy, and somewhere.
	Skippable bool
}

// Specs is the table of all findings, in the order in which a deployment comes upon them.
func Specs() []Spec {
	return slices.Concat(wayFindings(), hostFindings(), roomFindings(), hereFindings())
}

// FindSpec returns the row of a name.
func FindSpec(name string) (Spec, bool) {
	all := Specs()
	i := slices.IndexFunc(all, func(s Spec) bool { return s.Name == name })
	if i < 0 {
		return Spec{}, false
	}
	return all[i], true
}

// Skippable are the names of the findings whose errors can be let through.
func Skippable() []string {
	var names []string
	for _, s := range Specs() {
		if s.Skippable && slices.Contains(s.Severities, Error) {
			names = append(names, s.Name)
		}
	}
	return names
}

// fatal is a row whose errors stop every run, skippable one whose errors can be let through.
func fatal(name, meaning string, severities ...Severity) Spec {
	return Spec{Name: name, Severities: severities, Meaning: meaning}
}

func skippable(name, meaning string, severities ...Severity) Spec {
	return Spec{Name: name, Severities: severities, Meaning: meaning, Skippable: true}
}

// wayFindings are about the way to the host, and what is to be brought there.
func wayFindings() []Spec {
	return []Spec{
		fatal("ssh-config", "ssh refuses its own config, or hints in it cannot be read", Error),
		fatal("host-unreachable",
			"no connection: the name has no address, nobody answers, or a jump host fails", Error),
		fatal("host-key-unknown", "the host was never seen before, and nobody can be asked about its key", Error),
		fatal("host-key-changed", "the host shows another key than the one on record, or a revoked one", Error),
		fatal("login-denied", "the host takes none of the keys that were offered", Error),
		skippable("long-way", "a round trip to the host takes long, and nixos-rebuild copies path by path; found by `nixhop check`", Note),
		skippable("agent", "the ssh agent is missing, empty, or offers too many keys", Warning, Note),
		fatal("probe-failed", "the host lets the login in, but answers nothing usable", Error),
		fatal("no-configuration",
			"the flake has no configuration for the host; a note where there is no flake", Error, Note),
		fatal("evaluation",
			"the configuration cannot be evaluated; found by `nixhop check`, a deployment shows nix's own words", Error),
	}
}

// hostFindings are about what the target and the build host are, and what they let the login do.
func hostFindings() []Spec {
	return []Spec{
		skippable("login-shell-noise",
			"the login shell prints where it must not: Nix takes that for its protocol", Error),
		skippable("nix-missing",
			"Nix is not installed, or not where a login that is not interactive finds it; there or here", Error),
		skippable("not-trusted",
			"the host's Nix takes no unsigned paths from this login, or does not let it in at all; "+
				"a note where all that is copied is signed with a key that it knows, a warning where that cannot be seen", Error, Warning, Note),
		skippable("no-root", "the login is not root and has no way to become it", Error),
		skippable("sudo-password",
			"sudo wants a password; an error where it cannot be asked for, or was not right; a warning where it lets a few commands through, and nixos-rebuild must keep to these", Error, Warning, Note),
		skippable("platform",
			"the configuration is for another platform than the host's, or than what is built where it is to be built", Error),
		fatal("cross-refused", "`--cross` cannot force another build platform on this configuration", Error),
		skippable("emulation",
			"`--emulate`: the build host runs no program of the system that is to be built for", Error),
		skippable("host-name",
			"the wrong host: the configuration has another host name; a note for a freshly installed one", Error, Note),
		fatal("same-machine",
			"two names of a run lead to one machine: an error where they want different configurations, else it is deployed once",
			Error, Note),
		skippable("node-address", "an inventory has its node at another address than the one that the host is reached at", Warning),
		fatal("key-place",
			"a key of the inventory that comes before the activation has no directory, user or group on the host; a warning where nobody can look", Error, Warning),
		fatal("no-generation", "`--generation`: the profile of the host has none of that number", Error),
		skippable("not-nixos", "the host runs something else", Warning),
		skippable("too-old",
			"Nix or systemd is older than what is known to work, or Nix there too far from Nix here; "+
				"an error for a nixos-rebuild that lacks a flag, or needs a newer Nix on the build host", Error, Warning, Note),
		skippable("switch-running",
			"another deployment is running on the host; a warning for what is left of an earlier one", Error, Warning),
	}
}

// roomFindings are about the room that a host has, and its time.
func roomFindings() []Spec {
	return []Spec{
		skippable("unwritable",
			"the store, the profiles, `/run`, `/tmp` or `/boot` is read-only, or has no room at all", Error),
		skippable("store-space", fmt.Sprintf(
			"little room where the store lies: an error below %s, a warning below %s, or below %s in `/tmp` of a build host",
			Kib(StoreSpaceError), Kib(StoreSpaceWarning), Kib(TmpSpaceWarning)), Error, Warning),
		skippable("boot-space", fmt.Sprintf(
			"little room in `/boot` or the ESP: an error below %s, "+
				"a warning below what the running kernel and initrd take (%s where that is not known), a note below %d times that",
			Kib(BootSpaceError), Kib(BootSpaceWarning), BootKernels), Error, Warning, Note),
		skippable("inodes", fmt.Sprintf(
			"few inodes left where the store lies: an error below %d, a warning below %d",
			InodesError, InodesWarning), Error, Warning),
		skippable("clock", "the host's clock is minutes off", Warning),
		skippable("reboot-pending", "the host still runs the kernel of an earlier system", Note),
		skippable("build-host",
			"the build host does not reach the target by itself: the system goes through this machine", Note),
	}
}

// hereFindings are about this machine and the flake.
func hereFindings() []Spec {
	return []Spec{
		skippable("no-flakes", "Nix on this machine is too old for flakes", Error),
		skippable("git-missing", "Nix needs git to read the flake, and there is none", Error),
		skippable("git-owner",
			"the flake's git tree belongs to somebody else, so that git and Nix refuse it", Error, Warning),
		skippable("git-untracked",
			"files that git does not track, which the flake does not see; an error where `flake.nix` is one",
			Error, Warning, Note),
		skippable("git-dirty",
			"the tree differs from its commit: no revision will tell what was deployed", Note),
	}
}

// Table is the table of findings in Markdown, for the README.
func Table() string {
	var b strings.Builder
	b.WriteString("| finding | severity | meaning |\n|---|---|---|\n")
	for _, spec := range Specs() {
		var words []string
		for _, s := range spec.Severities {
			word := s.String()
			if s == Error && !spec.Skippable {
				word = "**error**"
			}
			words = append(words, word)
		}
		b.WriteString("| `" + spec.Name + "` | " + strings.Join(words, ", ") + " | " + spec.Meaning + " |\n")
	}
	return b.String()
}

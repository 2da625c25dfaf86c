package report

import (
	"fmt"
	"slices"
	"strings"
)

// FindingSpec is one row of the table of findings: what every Finding of that name has in common.
type FindingSpec struct {
	Name       string
	Severities []Severity // the worst first
	Meaning    string     // a half sentence in Markdown: lower case, no full stop
	Skippable  bool       // an error of this name can be let through: without what it tells of there is still something to deploy, and somewhere
}

// FindingSpecs is the table of all findings, in the order in which a deployment comes upon them.
func FindingSpecs() []FindingSpec {
	return slices.Concat(wayFindings(), hostFindings(), hereFindings())
}

// FindFinding returns the row of a name.
func FindFinding(name string) (FindingSpec, bool) {
	all := FindingSpecs()
	i := slices.IndexFunc(all, func(f FindingSpec) bool { return f.Name == name })
	if i < 0 {
		return FindingSpec{}, false
	}
	return all[i], true
}

// Skippable are the names of the findings whose errors can be let through.
func Skippable() []string {
	var names []string
	for _, f := range FindingSpecs() {
		if f.Skippable && slices.Contains(f.Severities, Error) {
			names = append(names, f.Name)
		}
	}
	return names
}

// wayFindings are about the way to the host, and what is to be brought there.
func wayFindings() []FindingSpec {
	return []FindingSpec{
		{"ssh-config", only(Error), "ssh refuses its own config", false},
		{"host-unreachable", only(Error), "no connection: the name has no address, nobody answers, or a jump host fails", false},
		{"host-key-unknown", only(Error), "the host was never seen before, and nobody can be asked about its key", false},
		{"host-key-changed", only(Error), "the host shows another key than the one on record, or a revoked one", false},
		{"login-denied", only(Error), "the host takes none of the keys that were offered", false},
		{"agent", oneOf(Warning, Note), "the ssh agent is missing, empty, or offers too many keys", true},
		{"probe-failed", only(Error), "the host lets the login in, but answers nothing usable", false},
		{"no-configuration", oneOf(Error, Note), "the flake has no configuration for the host; a note where there is no flake", false},
		{"evaluation", only(Error), "the configuration cannot be evaluated; found by `nixhop check`, a deployment shows nix's own words", false},
	}
}

// hostFindings are about the target and the build host.
func hostFindings() []FindingSpec {
	return []FindingSpec{
		{"login-shell-noise", only(Error), "the login shell prints where it must not: Nix takes that for its protocol", true},
		{"nix-missing", only(Error), "Nix is not installed, or not where a login that is not interactive finds it; there or here", true},
		{"not-trusted", only(Error), "the host's Nix takes no unsigned paths from this login, or does not let it in at all", true},
		{"no-root", only(Error), "the login is not root and has no way to become it", true},
		{"sudo-password", oneOf(Error, Warning, Note), "sudo wants a password; an error where it cannot be asked for, or was not right", true},
		{"platform", only(Error), "the configuration is for another platform than the host's, or than what is built where it is to be built", true},
		{"cross-refused", only(Error), "`--cross` cannot force another build platform on this configuration", false},
		{"emulation", only(Error), "`--emulate`: the build host runs no program of the system that is to be built for", true},
		{"host-name", oneOf(Error, Note), "the wrong host: the configuration has another host name; a note for a freshly installed one", true},
		{"not-nixos", only(Warning), "the host runs something else", true},
		{"too-old", oneOf(Error, Warning, Note), "Nix or systemd is older than what is known to work, or Nix there too far from Nix here; an error for a nixos-rebuild that lacks a flag, or needs a newer Nix on the build host", true},
		{"switch-running", oneOf(Error, Warning), "another deployment is running on the host; a warning for what is left of an earlier one", true},
		{"store-space", oneOf(Error, Warning), fmt.Sprintf("little room where the store lies: an error below %s, a warning below %s, or below %s in `/tmp` of a build host",
			Kib(StoreSpaceError), Kib(StoreSpaceWarning), Kib(TmpSpaceWarning)), true},
		{"boot-space", oneOf(Error, Warning, Note), fmt.Sprintf("little room in `/boot` or the ESP: an error below %s, a warning below what the running kernel and initrd take (%s where that is not known), a note below %d times that",
			Kib(BootSpaceError), Kib(BootSpaceWarning), BootKernels), true},
		{"inodes", oneOf(Error, Warning), fmt.Sprintf("few inodes left where the store lies: an error below %d, a warning below %d", InodesError, InodesWarning), true},
		{"clock", only(Warning), "the host's clock is minutes off", true},
		{"reboot-pending", only(Note), "the host still runs the kernel of an earlier system", true},
		{"build-host", only(Note), "the build host does not reach the target by itself: the system goes through this machine", true},
	}
}

// hereFindings are about this machine and the flake.
func hereFindings() []FindingSpec {
	return []FindingSpec{
		{"no-flakes", only(Error), "Nix on this machine is too old for flakes", true},
		{"git-missing", only(Error), "Nix needs git to read the flake, and there is none", true},
		{"git-owner", oneOf(Error, Warning), "the flake's git tree belongs to somebody else, so that git and Nix refuse it", true},
		{"git-untracked", oneOf(Error, Warning, Note), "files that git does not track, which the flake does not see; an error where `flake.nix` is one", true},
		{"git-dirty", only(Note), "the tree differs from its commit: no revision will tell what was deployed", true},
	}
}

func only(s Severity) []Severity { return []Severity{s} }

// oneOf keeps a row on one line.
func oneOf(s ...Severity) []Severity { return s }

// FindingsTable is the table of findings in Markdown, for the README.
func FindingsTable() string {
	var b strings.Builder
	b.WriteString("| finding | severity | meaning |\n|---|---|---|\n")
	for _, f := range FindingSpecs() {
		var words []string
		for _, s := range f.Severities {
			word := s.String()
			if s == Error && !f.Skippable {
				word = "**error**"
			}
			words = append(words, word)
		}
		b.WriteString("| `" + f.Name + "` | " + strings.Join(words, ", ") + " | " + f.Meaning + " |\n")
	}
	return b.String()
}

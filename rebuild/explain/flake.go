package explain

import (
	"cmp"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/source"
)

// flakeRows are about finding the configuration: the flake, its attribute, the git tree that it stands in, and its
// inputs.
func flakeRows() []row {
	reading := []report.Phase{report.PhaseEvaluate, report.PhaseBuild}
	return []row{
		{
			id: "git-untracked", rank: rankCause, phases: reading,
			needles: []string{"-source/", "is not tracked by Git"},
			pattern: `(?:path|getting status of) '[^']*/nix/store/[^'/]*-source/([^']+)'` +
				`(?: does not exist|: No such file or directory)` +
				`|Path '([^']+)' in the repository "([^"]*)" is not tracked by Git`,
			implies: []string{"flake-none"},
			explain: explainUntracked,
		},
		{
			id: "git-owner", rank: rankCause, phases: reading,
			needles: []string{
				"dubious ownership in repository", "unsafe repository ", "is not owned by current user",
				"Not a git repository. Use --no-index",
			},
			pattern: `dubious ownership in repository at '([^']*)'|unsafe repository \('([^']*)' is owned` +
				`|repository path '([^']*)' is not owned by current user|Not a git repository\. Use --no-index`,
			explain: explainGitOwner,
		},
		{
			id: "git-input", rank: rankCause, phases: reading,
			needles: []string{"fatal: Could not read from remote repository", "error: program 'git' failed"},
			pattern: `^fatal: Could not read from remote repository|^error: program 'git' failed`,
			implies: []string{"ssh-lost", "ssh-between"},
			explain: explainInput,
		},
		{
			id: "flake-attr", rank: rankCause, phases: reading,
			needles: []string{"does not provide attribute "},
			pattern: `flake '[^']*' does not provide attribute .*nixosConfigurations\.(?:"([^"]*)"|([^."' ]+))`,
			explain: explainNoAttribute,
		},
		{
			id: "flake-none", rank: rankSpecific, phases: reading,
			needles: []string{"flake.nix"},
			pattern: `^error: .*does not contain a '/?([^']*flake\.nix)'(?: file)?$` +
				`|could not find a flake\.nix file|^error: .*is not part of a flake \(`,
			explain: explainNoFlake,
		},
	}
}

// explainInput is about an input of the flake that git fetches by ssh: what ssh says just before is about a server
// that no check knows of.
func explainInput(x excerpt, _ Situation) Explanation {
	const fetch = "git could not fetch an input of the flake: "
	ask := report.SSH("-T", "git@github.com")
	if x.near(`REMOTE HOST IDENTIFICATION HAS CHANGED`, 20, 0) != nil {
		return Explanation{
			Meaning: fetch + "its server shows another host key than the one that this machine knows",
			Remedy:  []report.Remedy{report.Comment("compare the fingerprint with the one that the server publishes"), ask},
		}
	}
	reason := x.near(`^(Host key verification failed)|(signing failed|agent refused operation)`+
		`|(Permission denied \(|Too many authentication failures)|Could not resolve hostname (\S+?):? `+
		`|(?:connect to host|Connection (?:closed|reset) by) (\S+) port \d+`, 4, 0)
	switch {
	case reason == nil:
		return Explanation{}
	case reason[1] != "":
		return Explanation{
			Meaning: fetch + "the host key of its server was never accepted on this machine",
			Remedy:  []report.Remedy{report.Comment("once, by hand, with the server of that input"), ask},
		}
	case reason[2] != "":
		return Explanation{
			Meaning: fetch + "the agent did not sign for it: it is locked, " +
				"or the touch or the PIN that it waited for did not come",
			Remedy: []report.Remedy{report.Shell("ssh-add", "-l"), ask},
		}
	case reason[3] != "":
		return Explanation{
			Meaning: fetch + "its server takes none of the keys that ssh offered",
			Remedy:  []report.Remedy{report.Shell("ssh-add", "-l"), ask},
		}
	case reason[4] != "":
		return Explanation{
			Meaning: fetch + meaning("no DNS here knows %q", reason[4]),
			Remedy:  []report.Remedy{report.Shell("ping", "-c", "1", reason[4])},
		}
	}
	return Explanation{
		Meaning: fetch + meaning("there is no connection to %s", reason[5]),
		Remedy:  []report.Remedy{report.Shell("ping", "-c", "1", reason[5])},
	}
}

func explainNoAttribute(x excerpt, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("the flake has no configuration %q", x.group(1)+x.group(2)),
		Remedy: []report.Remedy{
			report.Shell("nix", "eval", s.FlakeDir()+"#nixosConfigurations", "--apply", "builtins.attrNames"),
			report.As("CONFIGURATION", "--flake", s.FlakeDir()),
		},
	}
}

func explainNoFlake(x excerpt, s Situation) Explanation {
	if file := x.group(1); file != "" && s.Local != nil && s.Local(file) {
		return untracked(file, "", s)
	}
	where := "this directory and those above it"
	if s.Flake != "" && s.Flake != "." {
		where = s.FlakeDir()
	}
	return Explanation{
		Meaning: meaning("there is no flake.nix in %s", where),
		Remedy:  []report.Remedy{report.Again("--flake", "DIRECTORY")},
	}
}

// explainUntracked is sure only where the text itself says so (Nix 2.28 and later, NixOS/nix#12870), or where the
// file exists here: a path below a source in the store may belong to an input as well.
func explainUntracked(x excerpt, s Situation) Explanation {
	if file := x.group(2); file != "" {
		return untracked(file, x.group(3), s)
	}
	file := x.group(1)
	if s.submodule(file) == "" && (s.Local == nil || !s.Local(file)) {
		return Explanation{}
	}
	return untracked(file, "", s)
}

// submodule is the git submodule that a file of the flake's tree lies in.
func (s Situation) submodule(file string) string {
	if s.Submodule == nil {
		return ""
	}
	return s.Submodule(file)
}

// inSubmodule explains a file that Nix does not see because it is in a submodule: those are fetched only where the
// reference asks for them (NixOS/nix#6633).
func inSubmodule(file, submodule string, s Situation) Explanation {
	return Explanation{
		Meaning: meaning("%q is in the git submodule %q, and a flake has those only where its reference asks for them", file, submodule),
		Remedy: report.AnyOf(
			[]report.Remedy{report.Again("--flake", source.WithSubmodules(s.FlakeDir()))},
			[]report.Remedy{report.Line("inputs.self.submodules = true;").Note("in flake.nix, for Nix 2.27 and newer")},
		),
	}
}

// untracked explains a file that stands in the tree of the flake, and not in what Nix sees of it. Its path is
// relative to the root of the repository, which the text names or which the flake stands in.
func untracked(file, repository string, s Situation) Explanation {
	if submodule := s.submodule(file); submodule != "" {
		return inSubmodule(file, submodule, s)
	}
	add := []string{"git", "add", "-N", "--", ":/" + file}
	if dir := cmp.Or(repository, s.FlakeDir()); dir != "." && !strings.Contains(dir, ":") {
		add = append([]string{"git", "-C", dir}, add[1:]...)
	}
	return Explanation{
		Meaning: meaning("git does not track %q, and a flake in a git tree has only the files that git tracks", file),
		Remedy:  []report.Remedy{report.Shell(add...), s.Again()},
	}
}

func explainGitOwner(x excerpt, s Situation) Explanation {
	path := cmp.Or(x.group(1)+x.group(2)+x.group(3), s.FlakeDir())
	e := Explanation{Meaning: meaning("the git tree %s belongs to another user, and git reads no such tree", path)}
	if s.SudoUser != "" {
		e.Meaning += meaning(": nixhop runs as root under sudo, and the tree is that of %s", s.SudoUser)
		e.Remedy = []report.Remedy{report.Comment("without sudo: nixhop becomes root on the host itself"), s.Again()}
		return e
	}
	e.Remedy = []report.Remedy{
		report.Line(`sudo chown -R "$(id -un)" ` + nixexec.ShellWords([]string{path})), report.Comment("or trust its owner"),
		report.Shell("git", "config", "--global", "--add", "safe.directory", path),
	}
	return e
}

package check

import (
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

func TestCheckGit(t *testing.T) {
	const untrackedWhy = "of a git tree Nix takes the files that git tracks; to add them is enough, without a commit"
	const ownerWhy = "git and Nix read no tree of somebody else: its config could run programs as you"
	const trust = "git config --global --add safe.directory /h/conf   # where you trust it"
	refused := func(h *facts.Here, owner string) {
		h.Tree = facts.Tree{Root: "/h/conf", Flake: "flake.nix", Owner: owner, Refused: "fatal: detected dubious ownership in repository at '/h/conf'"}
	}
	runHere(t, Here, []hereCase{
		{"a module", func(h *facts.Here, w *HereWant) { h.Tree.Untracked = []string{"hosts/web.nix"} }, told{
			Name: "git-untracked", Severity: report.Warning,
			What: `the flake does not see an untracked file: "hosts/web.nix"`, Why: untrackedWhy,
			Remedy: []string{"git -C /h/conf add -N hosts/web.nix"},
		}},
		{"modules first", func(h *facts.Here, w *HereWant) {
			h.Tree.Untracked = []string{"a.txt", "z.nix", "flake.lock", "my b.nix"}
		}, told{
			Name: "git-untracked", Severity: report.Warning,
			What: `the flake does not see 4 untracked files: "flake.lock", "my b.nix", "z.nix", "a.txt"`, Why: untrackedWhy,
			Remedy: []string{"git -C /h/conf add -N flake.lock 'my b.nix' z.nix a.txt"},
		}},
		{"many", func(h *facts.Here, w *HereWant) {
			h.Tree.Untracked = []string{"a", "b", "c", "d", "e.nix", "f", "g"}
		}, told{
			Name: "git-untracked", Severity: report.Warning,
			What: `the flake does not see 7 untracked files: "e.nix", "a", "b", "c", "d" and 2 more`, Why: untrackedWhy,
			Remedy: []string{"git -C /h/conf add -N ."},
		}},
		{"no module among them", func(h *facts.Here, w *HereWant) { h.Tree.Untracked = []string{"notes"} }, told{
			Name: "git-untracked", Severity: report.Note,
			What: `the flake does not see an untracked file: "notes"`, Why: untrackedWhy,
			Remedy: []string{"git -C /h/conf add -N notes"},
		}},
		{"the flake itself", func(h *facts.Here, w *HereWant) {
			h.Tree.Flake, h.Tree.Untracked = "nix/flake.nix", []string{"a.nix", "flake.nix", "nix/flake.nix"}
		}, told{
			Name: "git-untracked", Severity: report.Error,
			What: `git does not track "nix/flake.nix": for Nix there is no flake in "/h/conf"`, Why: untrackedWhy,
			Remedy: []string{"git -C /h/conf add -N nix/flake.nix a.nix flake.nix"},
		}},
		{"a hostile name", func(h *facts.Here, w *HereWant) { h.Tree.Untracked = []string{"\x1b[2Jx;rm.nix"} }, told{
			Name: "git-untracked", Severity: report.Warning,
			What: `the flake does not see an untracked file: "\x1b[2Jx;rm.nix"`, Why: untrackedWhy,
			Remedy: []string{`git -C /h/conf add -N "$(printf '\033[2Jx;rm.nix')"`},
		}},
		{"untracked, but a commit is deployed", func(h *facts.Here, w *HereWant) {
			h.Tree.Committed, h.Tree.Untracked, h.Tree.Changed = true, []string{"a.nix"}, 3
		}, told{}},

		{"dirty", func(h *facts.Here, w *HereWant) { h.Tree.Changed = 3 }, told{
			Name: "git-dirty", Severity: report.Note,
			What: "the flake's git tree has 3 changed files since commit 1a2b3c4",
			Why:  "no revision will tell later what was deployed",
		}},
		{"no commit", func(h *facts.Here, w *HereWant) { h.Tree.Changed, h.Tree.Revision = 1, "" }, told{
			Name: "git-dirty", Severity: report.Note,
			What: "the flake's git tree has no commit yet",
			Why:  "no revision will tell later what was deployed",
		}},

		// NixOS/nix#10202
		{"through sudo", func(h *facts.Here, w *HereWant) {
			refused(h, "jan")
			h.User, h.SudoUser, h.AuthSock = "root", "jan", "x"
		}, told{
			Name: "git-owner", Severity: report.Error,
			What: `the flake's git tree "/h/conf" belongs to "jan", and you are "root"`, Why: ownerWhy,
			Remedy: []string{"nixhop switch web   # without sudo: root is gained on the host", trust},
		}},
		{"as root", func(h *facts.Here, w *HereWant) { refused(h, "jan"); h.User = "root" }, told{
			Name: "git-owner", Severity: report.Error,
			What: `the flake's git tree "/h/conf" belongs to "jan", and you are "root"`, Why: ownerWhy,
			Remedy: []string{"sudo -u jan nixhop switch web", trust},
		}},
		{"of root", func(h *facts.Here, w *HereWant) { refused(h, "root") }, told{
			Name: "git-owner", Severity: report.Error,
			What: `the flake's git tree "/h/conf" belongs to "root", and you are "me"`, Why: ownerWhy,
			Remedy: []string{trust},
		}},
		{"of a number", func(h *facts.Here, w *HereWant) { refused(h, "1234") }, told{
			Name: "git-owner", Severity: report.Error,
			What: `the flake's git tree "/h/conf" belongs to "1234", and you are "me"`, Why: ownerWhy,
			Remedy: []string{trust},
		}},
		{"of nobody known", func(h *facts.Here, w *HereWant) { refused(h, "") }, told{
			Name: "git-owner", Severity: report.Error,
			What:   `git refuses the tree "/h/conf": "fatal: detected dubious ownership in repository at '/h/conf'"`,
			Why:    ownerWhy,
			Remedy: []string{trust},
		}},
		{"with a Nix that may read it", func(h *facts.Here, w *HereWant) {
			refused(h, "1234")
			h.Nix.Version = "2.18.1"
		}, told{
			Name: "git-owner", Severity: report.Warning,
			What: `the flake's git tree "/h/conf" belongs to "1234", and you are "me"`, Why: ownerWhy,
			Remedy: []string{trust},
		}},

		{"no git for an older Nix", func(h *facts.Here, w *HereWant) { h.NoGit, h.Nix.Version = true, "2.18.1" }, told{
			Name: "git-missing", Severity: report.Error,
			What: "git is not installed on this machine", Why: "Nix runs it to read the flake",
			Remedy: []string{"nix shell nixpkgs#git --command nixhop switch web"},
		}},
		{"no git for a flake elsewhere", func(h *facts.Here, w *HereWant) {
			h.NoGit, h.Tree = true, facts.Tree{Remote: true}
		}, told{
			Name: "git-missing", Severity: report.Error,
			What: "git is not installed on this machine", Why: "Nix runs it to read the flake",
			Remedy: []string{"nix shell nixpkgs#git --command nixhop switch web"},
		}},
		{"no git, and a Nix that needs none", func(h *facts.Here, w *HereWant) { h.NoGit = true }, told{}},
		{"no git, and no tree", func(h *facts.Here, w *HereWant) {
			h.NoGit, h.Nix.Version, h.Tree = true, "2.18.1", facts.Tree{}
		}, told{}},
	})
}

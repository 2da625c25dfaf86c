package check

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// mostNamed is how many files of a tree are named in a sentence.
const mostNamed = 5

// gitMissing finds a flake that Nix cannot read without git: it fetches by git, and before 2.20 it also reads a tree
// here by git.
func gitMissing(h facts.Here) []report.Finding {
	minor := facts.Upstream(h.Nix.Version)
	byGit := h.Tree.Root != "" && minor > 0 && minor < libgitMinor
	if !h.NoGit || !h.Tree.Remote && !byGit {
		return nil
	}
	return []report.Finding{{
		Name: "git-missing", Severity: report.Error,
		What:   "git is not installed on this machine",
		Why:    "Nix runs it to read the flake",
		Remedy: []report.Remedy{report.Again().Under("nix shell nixpkgs#git --command")},
	}}
}

// gitOwner finds a tree of somebody else, which git refuses to look at and so does Nix (NixOS/nix#6443,
// NixOS/nix#10202). Between 2.9 and 2.19 Nix told git the tree in a way that left the check out in places.
func gitOwner(h facts.Here) []report.Finding {
	if h.Tree.Refused == "" {
		return nil
	}
	found := report.Finding{
		Name: "git-owner", Severity: report.Error,
		What: fmt.Sprintf("git refuses the tree %q: %q", h.Tree.Root, h.Tree.Refused),
		Why:  "git and Nix read no tree of somebody else: its config could run programs as you",
	}
	owner := h.Tree.Owner
	if owner != "" {
		found.What = fmt.Sprintf("the flake's git tree %q belongs to %q, and you are %q", h.Tree.Root, owner, h.User)
	}
	if minor := facts.Upstream(h.Nix.Version); minor > 8 && minor < libgitMinor {
		found.Severity = report.Warning
	}
	_, noNumber := strconv.Atoi(owner)
	switch {
	case owner != "" && owner == h.SudoUser:
		found.Remedy = []report.Remedy{report.Again().Note("without sudo: root is gained on the host")}
	case owner != "" && owner != "root" && noNumber != nil:
		found.Remedy = []report.Remedy{report.Again().Under(nixexec.ShellWords([]string{"sudo", "-u", owner}))}
	}
	found.Remedy = append(found.Remedy,
		report.Shell("git", "config", "--global", "--add", "safe.directory", h.Tree.Root).Note("where you trust it"))
	return []report.Finding{found}
}

// gitUntracked finds files that the flake will not see. Only one of Nix's own kind is likely to be missed; without
// flake.nix there is no flake at all.
func gitUntracked(tree facts.Tree) []report.Finding {
	if tree.Committed || len(tree.Untracked) == 0 {
		return nil
	}
	files := slices.Clone(tree.Untracked)
	slices.SortStableFunc(files, func(a, b string) int {
		if d := untrackedRank(tree, a) - untrackedRank(tree, b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	found := report.Finding{
		Name: "git-untracked", Severity: report.Note,
		What: "the flake does not see " + untrackedNames(files),
		Why:  "of a git tree Nix takes the files that git tracks; to add them is enough, without a commit",
	}
	switch untrackedRank(tree, files[0]) {
	case 0:
		found.Severity = report.Error
		found.What = fmt.Sprintf("git does not track %q: for Nix there is no flake in %q", tree.Flake, tree.Root)
	case 1:
		found.Severity = report.Warning
	}
	add := append([]string{"git", "-C", tree.Root, "add", "-N"}, files[:min(len(files), mostNamed)]...)
	if len(files) > mostNamed {
		add = []string{"git", "-C", tree.Root, "add", "-N", "."}
	}
	found.Remedy = []report.Remedy{report.Shell(add...)}
	return []report.Finding{found}
}

// untrackedRank sorts files by how much a flake misses them.
func untrackedRank(tree facts.Tree, file string) int {
	switch {
	case file == tree.Flake:
		return 0
	case path.Ext(file) == ".nix" || path.Base(file) == "flake.lock":
		return 1
	}
	return 2
}

// untrackedNames names the first files and counts the others.
func untrackedNames(files []string) string {
	if len(files) == 1 {
		return "an untracked file: " + nixexec.Quoted(files[0])
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = nixexec.Quoted(file)
	}
	return fmt.Sprintf("%d untracked files: %s", len(files), report.First(names, mostNamed))
}

// gitDirty says from which state of the tree a system comes that is no commit.
func gitDirty(tree facts.Tree) []report.Finding {
	if tree.Committed || tree.Changed == 0 {
		return nil
	}
	what := fmt.Sprintf("the flake's git tree has %s since commit %s",
		report.CountOf(tree.Changed, "changed file"), tree.Revision)
	if tree.Revision == "" {
		what = "the flake's git tree has no commit yet"
	}
	return []report.Finding{{
		Name: "git-dirty", Severity: report.Note,
		What: what,
		Why:  "no revision will tell later what was deployed",
	}}
}

package request

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The whole flag lists of the sources, each flag with as many values as it takes there.

// bashFlags: the case patterns of nixpkgs pkgs/os-specific/linux/nixos-rebuild/nixos-rebuild.sh, commit 00409d13.
const bashFlags = `--help|--file f|-f f|--attr a|-A a|--install-grub|--install-bootloader|--no-build-nix|--rollback|--upgrade|--upgrade-all
--use-substitutes|--substitute-on-destination|-s|-I p|--builders b|--max-jobs 8|-j 8|-j8|--cores 2|--log-format raw|--accept-flake-config
--quiet|--print-build-logs|-L|--no-build-output|-Q|--show-trace|--refresh|--impure|--offline|--no-net|--keep-going|-k|--keep-failed|-K
--fallback|--repair|--verbose|-v|-vv|-vvv|-vvvv|-vvvvv|--option a b|--fast|--profile-name p|-p p|--specialisation s|-c s|--build-host h
--target-host h|--use-remote-sudo|--no-ssh-tty|--flake f|--no-flake|--recreate-lock-file|--no-update-lock-file|--no-write-lock-file
--no-registries|--commit-lock-file|--update-input i|--override-input i f|--json|--arg a 1|--argstr a b`

// ngFlags: the argument parser of nixpkgs pkgs/by-name/ni/nixos-rebuild-ng/src/nixos_rebuild/__init__.py as of NixOS
// 25.11 (commit a87ce1b4, and the later one that has --no-reexec). argparse takes --flag=value and -pVALUE, too.
const ngFlags = `--verbose|-v|-vv|--quiet|--max-jobs 8|--max-jobs=8|-j 8|-j8|--cores 2|--log-format raw|--keep-going|-k|--keep-failed|-K
--fallback|--repair|--option a b|--builders b|--include p|-I p|-Ip|-I nixos-config=./test.nix|--print-build-logs|-L|--show-trace|--accept-flake-config
--refresh|--impure|--offline|--no-net|--recreate-lock-file|--no-update-lock-file|--no-write-lock-file|--no-registries|--commit-lock-file
--update-input i|--override-input i f|--no-build-output|-Q|--use-substitutes|--substitute-on-destination|-s|--help|-h|--debug|--file f|-f f|-ff
--attr a|-A a|--attr=a|--flake f|--flake=f|--flake|--no-flake|--install-bootloader|--install-grub|--profile-name p|-p p|-pp|--profile-name=p
--specialisation s|-c s|--rollback|--upgrade|--upgrade-all|--json|--ask-sudo-password|--sudo|--use-remote-sudo|--no-ssh-tty|--no-reexec|--fast
--build-host h|--build-host=h|--target-host h|--target-host=h|--no-build-nix|--image-variant v`

// newestFlags: what nixpkgs pkgs/by-name/ni/nixos-rebuild-ng/nixos-rebuild.8.scd has beyond that, commit 10ec429b.
const newestFlags = `--flake f|-F f|-F|--store-path p|--elevate sudo|--elevate=run0|--ask-elevate-password|-S|--diff|--no-link`

// flagLines returns each flag of a list as the words that it is typed in.
func flagLines(list string) [][]string {
	var all [][]string
	for _, f := range strings.FieldsFunc(list, func(c rune) bool { return c == '|' || c == '\n' }) {
		all = append(all, strings.Fields(f))
	}
	return all
}

func noHost(string) bool { return false }

// Every flag of every source is understood and given back as it was typed, wherever it stands.
func TestParseGivesBackEveryFlag(t *testing.T) {
	for src, list := range map[string]string{"bash": bashFlags, "ng": ngFlags, "newest": newestFlags} {
		for _, flag := range flagLines(list) {
			if slices.Contains([]string{"--help", "-h"}, flag[0]) {
				continue
			}
			lines := [][]string{
				append([]string{"switch"}, flag...),
				append(append([]string{"switch", "-L"}, flag...), "--refresh"),
				append(append([]string{"--impure", "boot"}, flag...), "-k"),
			}
			if flag[len(flag)-1] != "--flake" && flag[len(flag)-1] != "-F" {
				lines = append(lines, append(slices.Clone(flag), "switch"), append(append([]string{"-v"}, flag...), "test", "--show-trace"))
			}
			for _, line := range lines {
				t.Run(src+" "+strings.Join(line, " "), func(t *testing.T) { checkUntouched(t, line, flag) })
			}
		}
	}
}

func checkUntouched(t *testing.T, line, flag []string) {
	r, err := Parse(line, noHost)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Words, line) {
		t.Errorf("Words = %q", r.Words)
	}
	spec, _ := FindFlag(nameOf(flag[0]))
	remote := spec.Name == "--target-host" || spec.Name == "--build-host"
	if r.PassThrough() == remote {
		t.Errorf("PassThrough = %v", r.PassThrough())
	}
	if slices.Contains([]string{"--flake", "--no-flake", "--file", "--attr", "--json", "--target-host", "--build-host"}, spec.Name) {
		if got := fieldOf(r, spec.Name); got != valueOf(flag) {
			t.Errorf("%s = %q", spec.Name, got)
		}
		return
	}
	if !r.Has(spec.Canonical()) {
		t.Errorf("Has(%q) is false", spec.Canonical())
	}
	var words []string
	for _, f := range r.Flags {
		if f.Name == spec.Canonical() {
			words = append(words, f.Words()...)
		}
	}
	if !strings.Contains(strings.Join(words, " "), strings.Join(flag, " ")) {
		t.Errorf("Words() gives %q", words)
	}
}

// nameOf is the spelling of a flag without what is attached to it.
func nameOf(word string) string {
	if !strings.HasPrefix(word, "--") {
		return word[:2]
	}
	name, _, _ := strings.Cut(word, "=")
	return name
}

func valueOf(flag []string) string {
	if _, value, ok := strings.Cut(flag[0], "="); ok {
		return value
	}
	if len(flag[0]) == 3 {
		return flag[0][2:]
	}
	if len(flag) > 1 {
		return flag[1]
	}
	return ""
}

func fieldOf(r Request, name string) string {
	given := map[string]bool{"--no-flake": r.NoFlake, "--json": r.JSON, "--target-host": r.TargetHostFlag, "--build-host": r.BuildHostGiven, "--flake": r.FlakeGiven}
	if was, flag := given[name]; flag && !was {
		return name + " not given"
	}
	switch name {
	case "--flake":
		return r.Flake
	case "--file":
		return r.File
	case "--attr":
		return r.Attr
	case "--build-host":
		return r.BuildHost
	case "--target-host":
		return r.Hosts[0].Host
	}
	return ""
}

// The table says which nixos-rebuild knows a flag; the sources say the same.
func TestFlagsKnown(t *testing.T) {
	for _, src := range []struct {
		release Release
		lists   string
	}{{InBash, bashFlags}, {InNG, ngFlags}, {InNewest, ngFlags + "|" + newestFlags}} {
		var inSource []string
		for _, flag := range flagLines(src.lists) {
			spec, ok := FindFlag(nameOf(flag[0]))
			if !ok {
				t.Errorf("%s is not in the table", flag[0])
			}
			inSource = append(inSource, spec.Name)
		}
		for _, spec := range Flags() {
			if spec.Known&src.release != 0 != slices.Contains(inSource, spec.Name) {
				t.Errorf("%s: known to release %d is %v", spec.Name, src.release, spec.Known&src.release != 0)
			}
		}
	}
}

// A row of the table is complete, and no spelling means two things.
func TestFlagsRows(t *testing.T) {
	var seen []string
	for _, s := range Flags() {
		for _, spelling := range s.Spellings() {
			if slices.Contains(seen, spelling) {
				t.Errorf("%s stands twice in the table", spelling)
			}
			seen = append(seen, spelling)
		}
		if s.Help == "" || !slices.Contains(Groups(), s.Group) {
			t.Errorf("%s: help %q, group %q", s.Name, s.Help, s.Group)
		}
		if newer, ok := FindFlag(s.Canonical()); !ok || len(newer.Values) != len(s.Values) || newer.Means != "" {
			t.Errorf("%s means %s", s.Name, s.Canonical())
		}
		if s.Optional && len(s.Values) != 1 || s.Choices != nil && len(s.Values) != 1 {
			t.Errorf("%s: an optional value or a choice needs exactly one value", s.Name)
		}
		if s.IsOwn() && s.Native != 0 {
			t.Errorf("%s is nixhop's own: no nix command takes it", s.Name)
		}
	}
}

func TestFlagWords(t *testing.T) {
	for _, c := range []struct{ line, words, spaced string }{
		{"-j8", "-j8", "-j 8"},
		{"-j 8", "-j 8", "-j 8"},
		{"--max-jobs=8", "--max-jobs=8", "--max-jobs 8"},
		{"--builders=", "--builders=", "--builders "},
		{"-kL", "-k -L", "-k -L"},
		{"-kLj8", "-k -L -j8", "-k -L -j 8"},
		{"-vvkv", "-vv -k -v", "-vv -k -v"},
		{"--option a b", "--option a b", "--option a b"},
		{"--use-remote-sudo", "--use-remote-sudo", "--use-remote-sudo"},
	} {
		r, err := Parse(append([]string{"switch", "web"}, strings.Split(c.line, " ")...), noHost)
		if err != nil {
			t.Fatal(err)
		}
		var words, spaced []string
		for _, f := range r.Flags {
			words, spaced = append(words, f.Words()...), append(spaced, f.Spaced()...)
		}
		if got := strings.Join(words, " "); got != c.words {
			t.Errorf("%s: Words %q", c.line, got)
		}
		if got := strings.Join(spaced, " "); got != c.spaced {
			t.Errorf("%s: Spaced %q", c.line, got)
		}
	}
}

func TestNixWords(t *testing.T) {
	line := "switch web -vvj4 --option a b -s --impure -Q --upgrade -I x=y --arg n 1 --builders b --use-remote-sudo --repair"
	for _, c := range []struct {
		command NixCommand
		want    string
	}{
		{forFlakeBuild, "--verbose --verbose --max-jobs 4 --option a b --impure --include x=y --builders b --repair"},
		{ForFlakeEval, "--verbose --verbose --max-jobs 4 --option a b --impure --include x=y --builders b"},
		{forClassicBuild, "--verbose --verbose --max-jobs 4 --option a b --no-build-output --include x=y --builders b --repair"},
		{ForClassicEval, "--verbose --verbose --max-jobs 4 --option a b --include x=y --builders b"},
		{ForCopy, "--verbose --verbose --max-jobs 4 --option a b"},
		{ForRealise, "--verbose --verbose --max-jobs 4 --option a b --no-build-output --builders b --repair"},
	} {
		r, err := Parse(strings.Fields(line), noHost)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.NixWords(c.command), " "); got != c.want {
			t.Errorf("%d: %s", c.command, got)
		}
		for _, f := range r.Flags {
			if f.Native() == (f.Name == "--upgrade") {
				t.Errorf("%s: Native() = %v", f.Name, f.Native())
			}
		}
	}
}

// What Request.Has and Value say of flags that are given twice or in an older spelling.
func TestHasValue(t *testing.T) {
	r, err := Parse(strings.Fields("switch web -p a --profile-name b --fast --ask-sudo-password --engine native"), noHost)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(r.Value("--profile-name"), r.Has("--no-reexec"), r.Has("--ask-elevate-password"), r.Value("--engine"), r.Has("--sudo"), r.Value("--cores"))
	if got != "btrue truenativefalse" {
		t.Error(got)
	}
}

package decision

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// Dialect is one nixos-rebuild program and the flags that it knows.
type Dialect struct {
	Path  string   // what is run
	Known []string // its long flags, sorted; empty: the program is no text, and the newest is assumed
}

// longFlag finds flags in the text of a script: "--no-reexec" in Python, --fast) in a shell's case.
var longFlag = regexp.MustCompile(`--[a-z][a-z-]*[a-z]`)

// nextProgram finds the nixos-rebuild that a wrapper executes: one that nixpkgs makes (makeWrapper), or the user's
// own.
var nextProgram = regexp.MustCompile(`(?m)^\s*exec[^\n]*?["'\s](/[^"'\s]+/\.?nixos-rebuild[^"'\s/]*)`)

// maxWrappers bounds how far wrappers of wrappers are followed.
const maxWrappers = 5

// ReadDialect looks at the program, and for nixos-rebuild-ng at the Python module beside it
// (lib/python3*/site-packages/nixos_rebuild in its store path), and returns which flags it knows. It runs nothing. A
// program that cannot be read, or is no script, is taken for the newest one.
func ReadDialect(program string) Dialect {
	texts := programTexts(program)
	var known []string
	for _, text := range texts {
		if !slices.Equal(text[:min(2, len(text))], []byte("#!")) && !isPython(text) {
			continue
		}
		for _, flag := range longFlag.FindAll(text, -1) {
			known = append(known, string(flag))
		}
	}
	slices.Sort(known)
	if !slices.Contains(known, "--target-host") {
		return Dialect{Path: program} // every nixos-rebuild has that one: its parser was not found
	}
	return Dialect{Path: program, Known: slices.Compact(known)}
}

// isPython recognises the argument parser of nixos-rebuild-ng, a module without a first line for the kernel.
func isPython(text []byte) bool { return regexp.MustCompile(`(?m)^import argparse$`).Match(text) }

// programTexts reads the program, the ones that it wraps, and the Python modules beside each.
func programTexts(program string) [][]byte {
	var texts [][]byte
	for range maxWrappers {
		real, err := filepath.EvalSymlinks(program)
		if err != nil {
			break
		}
		modules, _ := filepath.Glob(filepath.Join(filepath.Dir(real), "../lib/python3*/site-packages/nixos_rebuild/__init__.py"))
		for _, path := range append([]string{real}, modules...) {
			if text := nixexec.ReadText(path); text != nil {
				texts = append(texts, text)
			}
		}
		next := nextProgram.FindSubmatch(nixexec.ReadText(real))
		if next == nil {
			break
		}
		program = string(next[1])
	}
	return texts
}

// Knows reports whether the program takes a long flag.
func (d Dialect) Knows(flag string) bool {
	return len(d.Known) == 0 || slices.Contains(d.Known, flag)
}

// spellings lists flags that mean the same in different releases, the newest first (field: nixpkgs#377957 renamed
// --fast, 24.11 renamed --use-remote-sudo, 26.05 introduced --elevate).
var spellings = [][]string{
	{"--no-reexec", "--fast"},
	{"--sudo", "--use-remote-sudo"},
	{"--ask-elevate-password", "--ask-sudo-password"},
	{"--install-bootloader", "--install-grub"},
}

// Spell returns the flag as this program spells it, and false when it has no word for it.
func (d Dialect) Spell(flag string) (string, bool) {
	if d.Knows(flag) {
		return flag, true
	}
	for _, same := range spellings {
		if slices.Contains(same, flag) {
			for _, s := range same {
				if d.Knows(s) {
					return s, true
				}
			}
		}
	}
	return flag, false
}

// Words is a flag as this nixos-rebuild takes it: each value a word of its own, which every release understands (the
// bash one knows no --flag=value), and a spelling that its release knows. The error is a *request.UsageError: it has no
// word for the flag.
func (d Dialect) Words(f request.Flag) ([]string, error) {
	spec, _ := request.FindFlag(f.Name)
	short := !strings.HasPrefix(f.Spelling, "--")
	// A program's text tells its long flags only; the bash one has only -I for --include.
	known := slices.ContainsFunc(append([]string{f.Name}, spec.Also...), d.Knows) || f.Name == "--include"
	switch spelled, ok := d.Spell(f.Name); {
	case short && known && f.Name != "--ask-elevate-password", !short && d.Knows(f.Spelling):
		return d.valued(f, f.Spelling), nil
	case ok:
		return d.valued(f, spelled), nil
	case known && spec.Short != "":
		return d.valued(f, spec.Short), nil
	}
	if f.Name == "--elevate" {
		switch sudo, ok := d.Spell("--sudo"); {
		case f.Values[0] == "none":
			return nil, nil
		case f.Values[0] == "sudo" && ok:
			return []string{sudo}, nil
		}
	}
	return nil, &request.UsageError{
		Message: fmt.Sprintf("%q does not know %s", d.Path, f.Spelling),
		Hint:    "leave it out, or take a newer one: --nixos-rebuild PATH",
	}
}

// valued is a flag with its values. Python's argparse takes a value that begins with a dash only where it is attached
// to a long flag; the bash one takes any word.
func (d Dialect) valued(f request.Flag, spelled string) []string {
	if len(f.Values) == 1 && len(f.Values[0]) > 1 && f.Values[0][0] == '-' && d.isNG() {
		if !strings.HasPrefix(spelled, "--") {
			spelled = f.Name
		}
		return []string{spelled + "=" + f.Values[0]}
	}
	return append([]string{spelled}, f.Values...)
}

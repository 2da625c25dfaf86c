// Package source knows where the configuration comes from: the flake or the file, its names, which of them is a
// target's, and what the evaluation of one says of itself. It runs nix on this machine, and touches no host.
package source

import (
	"fmt"
	"path/filepath"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/request"
)

// Source says where the configuration is looked for: a flake, a file with an attribute, or the classic
// <nixpkgs/nixos>.
type Source struct {
	Flake string // flake reference without the "#name"; empty: no flake
	Name  string // the configuration that stood behind the '#'
	Found string // the directory of a flake or hive that was not named, but found; empty: it was named
	File  string // --file, or the default that nixos-rebuild takes with --attr
	Attr  string // --attr

	Form inventory.Form // of the inventory that the flake or the file holds; none: it is what nixos-rebuild takes
}

// IsFlake reports whether the configurations are a flake's.
func (s Source) IsFlake() bool { return s.Flake != "" }

// Names reports whether there are several configurations, each under a name: those of a flake, or of an inventory in a
// file.
func (s Source) Names() bool { return s.IsFlake() || !s.Form.IsNone() }

// Where is what holds an inventory.
func (s Source) Where() inventory.Where {
	if s.IsFlake() {
		return inventory.Where{Flake: s.Flake}
	}
	return inventory.Where{File: s.File, Value: sourceExpression(s.File)}
}

// MayHold are those of some forms of inventories that the flake may hold beside its nixosConfigurations, without an
// evaluation: one elsewhere may hold any, and a directory without any flake.nix none. dir is the working directory.
func (s Source) MayHold(dir string, forms []inventory.Form) []inventory.Form {
	if file := s.FlakeFile(dir); file != "" {
		return inventory.Mentioned(filepath.Dir(file), forms)
	}
	if !strings.HasPrefix(s.Flake, ".") && !strings.HasPrefix(s.Flake, "/") || strings.ContainsAny(s.Flake, "?%") {
		return forms
	}
	return nil
}

// String is it in a sentence.
func (s Source) String() string { return s.Where().String() }

// Ref returns the flake reference of one configuration, as --flake takes it.
func (s Source) Ref(configuration string) string {
	return s.Flake + "#" + nixexec.Fragment(configuration)
}

// FindSource decides where the configuration comes from. A flake that was not named is, for a HOST, the one here or in
// a parent directory up to the top of its git tree (as Nix searches), then, as for nixos-rebuild, the one that
// /etc/nixos/flake.nix links to. Without a HOST, and with --target-host, only the latter counts: there every word means
// what it means in nixos-rebuild, for which --flake without a value is the flake here. Where no flake is found for a
// HOST, it is the hive.nix here. exists and realpath look at the file system; dir is the working directory.
func FindSource(r request.Request, dir string, exists func(string) bool, realpath func(string) string) Source {
	if r.File != "" || r.Attr != "" {
		return Source{File: fileFor(r, dir, exists), Attr: r.Attr, Form: formFor(r, r.File)}
	}
	if r.FlakeGiven && r.Flake != "" {
		flake, name := splitRef(r.Flake)
		return Source{Flake: flake, Name: name}
	}
	action, _ := request.FindAction(r.Action)
	ours := action.Own || len(r.Hosts) > 0 && !r.TargetHostFlag
	switch {
	case r.FlakeGiven:
		return Source{Flake: "."}
	case r.NoFlake:
		return Source{}
	case ours && flakeAbove(dir, exists) != "":
		return Source{Flake: ".", Found: flakeAbove(dir, exists)}
	case ours && exists(filepath.Join(dir, inventory.HiveFile)) && formFor(r, inventory.HiveFile).Kind == inventory.Colmena:
		return Source{File: inventory.HiveFile, Found: dir, Form: formFor(r, inventory.HiveFile)}
	case exists("/etc/nixos/flake.nix"):
		return Source{Flake: filepath.Dir(realpath("/etc/nixos/flake.nix"))}
	}
	return Source{}
}

// Find is the source of a request made in a directory. One that was found, but not named, must not be somebody else's,
// who may have put it above that directory (CVE-2022-24765 of git), nor one that Nix reads otherwise: there is none
// then, and the error says why.
func Find(r request.Request, dir string, env func(string) string) (Source, error) {
	s := FindSource(r, dir, nixexec.Exists, nixexec.Realpath)
	err := s.Unowned(env)
	if err == nil {
		err = s.Misread(r, dir, nixexec.Exists, nixexec.Realpath)
	}
	if err != nil {
		return Source{}, err
	}
	return s, nil
}

// Above says which flake was found above the working directory; empty: it was named, or lies there.
func (s Source) Above(dir string) string {
	if s.Found == "" || s.Found == dir {
		return ""
	}
	return fmt.Sprintf("the flake is that of %q, above this directory", s.Found)
}

// splitRef cuts "flake#name" at its last '#', as nixos-rebuild does, and reads the name as Nix does; "#name" alone
// means the flake here.
func splitRef(ref string) (flake, name string) {
	i := strings.LastIndexByte(ref, '#')
	if i < 0 {
		return ref, ""
	}
	flake = ref[:i]
	name, _ = nixexec.FragmentName(ref[i+1:])
	if flake == "" {
		flake = "."
	}
	return flake, name
}

// fileFor is the file that an attribute is looked up in: the newest nixos-rebuild takes system.nix, the older ones
// default.nix.
func fileFor(r request.Request, dir string, exists func(string) bool) string {
	switch {
	case r.File != "":
		return r.File
	case exists(filepath.Join(dir, "system.nix")):
		return "system.nix"
	default:
		return "default.nix"
	}
}

// formFor is the form of what a file holds that is named with --file: what --inventory says, else what its name does.
// Of an inventory nobody takes an attribute.
func formFor(r request.Request, file string) inventory.Form {
	kind := inventory.Kind(r.Value("--inventory"))
	if kind == "" && r.Attr == "" && !r.TargetHostFlag {
		kind = inventory.KindOf(filepath.Base(file))
	}
	form, _ := inventory.InFile(kind)
	return form
}

// flakeAbove is the directory of a flake.nix, from dir upwards; the search stops at the top of a git tree. Empty: there
// is none.
func flakeAbove(dir string, exists func(string) bool) string {
	for {
		if exists(filepath.Join(dir, "flake.nix")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir || exists(filepath.Join(dir, ".git")) {
			return ""
		}
		dir = parent
	}
}

// Holds reports whether a path, relative to the top of the git tree that the flake stands in, exists here. dir is the
// working directory.
func (s Source) Holds(path, dir string) bool {
	top := s.tree(dir)
	return top != "" && filepath.IsLocal(path) && nixexec.Exists(filepath.Join(top, path))
}

// Submodule is the git submodule that a path lies in, relative to the top of the tree as Holds has it; empty: in none,
// or the flake's reference asks for submodules.
func (s Source) Submodule(path, dir string) string {
	top := s.tree(dir)
	if _, query, _ := strings.Cut(s.Flake, "?"); top == "" || strings.Contains(query, "submodules=") {
		return ""
	}
	for line := range strings.Lines(string(nixexec.ReadText(filepath.Join(top, ".gitmodules")))) {
		key, sub, _ := strings.Cut(strings.TrimSpace(line), "=")
		sub = filepath.Clean(strings.Trim(strings.TrimSpace(sub), `"`))
		if strings.TrimSpace(key) == "path" && strings.HasPrefix(path+"/", sub+"/") {
			return sub
		}
	}
	return ""
}

// tree is the top of the git tree that the flake stands in; empty: it is none here.
func (s Source) tree(dir string) string {
	flake := strings.TrimPrefix(strings.TrimPrefix(s.Flake, "git+file://"), "path:")
	flake, _, _ = strings.Cut(flake, "?")
	if flake == "" || flake[0] != '.' && flake[0] != '/' {
		return ""
	}
	if !filepath.IsAbs(flake) {
		flake = filepath.Join(dir, flake)
	}
	for ; ; flake = filepath.Dir(flake) {
		if nixexec.Exists(filepath.Join(flake, ".git")) {
			return flake
		}
		if flake == filepath.Dir(flake) {
			return ""
		}
	}
}

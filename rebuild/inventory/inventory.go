// Package inventory knows the inventories that other tools deploy from, and makes of each the same list of nodes: how a
// node is reached, and where its configuration is. Each form has a Nix expression beside it, which says so to Nix in
// the terms of nixpkgs' own modules.
//
// Nothing here knows an ssh config, a host or what is deployed to it, and nothing behind this room knows a hive.
package inventory

import (
	_ "embed"
	"fmt"
	"slices"

	"nixhop/nixexec"
)

// Kind is a tool's kind of inventory, as --inventory names it.
type Kind string

// The kinds of inventories. Flake are the nixosConfigurations of a flake, for which nothing here is needed.
const (
	Flake   Kind = "flake"
	Colmena Kind = "colmena"
	Deploy  Kind = "deploy" // deploy-rs
	Morph   Kind = "morph"
	NixOps  Kind = "nixops"
)

// Form is one form in which an inventory of a kind is written. The zero Form is none: the nixosConfigurations of a
// flake, or what a file holds for nixos-rebuild.
type Form struct {
	Kind       Kind
	Output     string // of a flake, by which it is found; empty: it stands in files alone
	expression string // a function of that, or of what a file holds; see colmena.nix
}

//go:embed colmena.nix
var colmenaNix string

//go:embed network.nix
var networkNix string

//go:embed deploy.nix
var deployNix string

// forms are all of them; of those of one kind the first one that a flake has counts.
var forms = []Form{
	{Colmena, "colmenaHive", colmenaNix},
	{Colmena, "colmena", colmenaNix},
	{NixOps, "nixopsConfigurations.default", network(NixOps)},
	{Deploy, "deploy", deployNix},
	{Morph, "", network(Morph)},
}

// network is the expression of the networks of a kind.
func network(kind Kind) string { return "(" + networkNix + ") " + nixexec.NixString(string(kind)) }

// Forms are those of a kind that a flake may have; of all kinds where that is empty.
func Forms(kind Kind) []Form {
	return slices.DeleteFunc(slices.Clone(forms), func(f Form) bool { return f.Output == "" || kind != "" && f.Kind != kind })
}

// Beside are those of some forms whose nodes deploy the nixosConfigurations of the same names, and take nothing from
// them.
func Beside(forms []Form) []Form {
	return slices.DeleteFunc(slices.Clone(forms), func(f Form) bool { return !f.Beside() })
}

// Beside reports whether nodes stand beside the nixosConfigurations of their names, whose systems they deploy.
func (f Form) Beside() bool { return f.Kind == Deploy }

// HiveFile is the file that colmena takes where no flake is.
const HiveFile = "hive.nix"

// KindOf is the kind of inventory that a file of this name holds; empty: it is no name of one alone. (A network.nix is
// one of NixOps or of morph.)
func KindOf(file string) Kind {
	switch file {
	case HiveFile:
		return Colmena
	case "nixops.nix":
		return NixOps
	}
	return ""
}

// InFile is the form of what a file of a kind holds.
func InFile(kind Kind) (Form, bool) {
	at := slices.IndexFunc(forms, func(f Form) bool { return f.Kind == kind })
	if at < 0 || kind == Deploy { // which is a flake's
		return Form{}, false
	}
	return Form{Kind: kind, expression: forms[at].expression}, true
}

// IsNone reports whether it is no form of an inventory.
func (f Form) IsNone() bool { return f.Kind == "" }

// Called is the inventory in a sentence.
func (f Form) Called() string {
	if f.Output == "" {
		return "the " + string(f.Kind) + " inventory"
	}
	return fmt.Sprintf("the output %q", f.Output)
}

// Configuration is a function of what an inventory is, which applies a function to the configuration of one of its
// nodes.
func (f Form) Configuration(node, function string) string {
	return f.inside("(" + function + ") inventory.configurations." + nixexec.NixString(node))
}

// inside is a function of what an inventory is, with what the form's expression makes of it.
func (f Form) inside(body string) string {
	return "hive: let inventory = (" + f.expression + ") hive; in " + body
}

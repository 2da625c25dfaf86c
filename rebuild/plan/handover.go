package plan

import (
	_ "embed"
	"path/filepath"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

//go:embed handover.sh
var handOverScript string

// A configuration that is changed for its deployment has no name by which nixos-rebuild could be told of it. There is
// one source that each of them takes: without a flake it builds what <nixpkgs/nixos> holds, and -I says where that is.
// So nixhop evaluates the configuration itself, once, and puts a <nixpkgs/nixos> there that is nothing but the
// derivation that came out: what is built, copied and activated is the same with either engine. --store-path would do
// too, but is younger than most, and leaves the build to nixhop; --file and --attr are unknown to nixos-rebuild.sh
// before NixOS 24.11.

// handedOver is where nixos-rebuild finds the derivation.
func handedOver(j Job) string { return filepath.Join(j.Dir, "nixpkgs") }

// handOver puts the derivation where nixos-rebuild finds it.
func handOver(j Job) Step {
	return Step{Name: "hand over", Text: "handover.sh", Note: "a <nixpkgs/nixos> that is only this derivation", Command: nixexec.Command{
		Argv:  []string{"/bin/sh", "-s", "--", DerivationWord, handedOver(j)},
		Stdin: handOverScript,
	}}
}

// handOverWords are the flags by which nixos-rebuild finds it. Without --no-flake it would take /etc/nixos/flake.nix
// where there is one.
func handOverWords(j Job) []string {
	var words []string
	if j.Dialect.Knows("--no-flake") {
		words = append(words, "--no-flake")
	}
	return append(words, "-I", "nixpkgs="+handedOver(j))
}

// onlyEvaluates reports whether a flag has had its effect once the configuration is evaluated. Of two -I nixpkgs= the
// first would win.
func onlyEvaluates(f request.Flag) bool {
	spec, _ := request.FindFlag(f.Name)
	switch f.Name {
	case "--include", "--arg", "--argstr":
		return true
	}
	return spec.Group == request.GroupFlake
}

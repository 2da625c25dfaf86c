package plan

import (
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

// classicExpression is the configuration without a flake, as nixos-rebuild takes it: what a file or <nixpkgs/nixos> holds, and in it
// an attribute. nix-instantiate itself cannot be used: there is no way to go on from the configuration that it finds.
func classicExpression(j Job) string {
	var path strings.Builder
	for _, name := range source.AttributePath(j.Source.Attr) {
		path.WriteString(" " + nixexec.NixString(name))
	}
	var arguments strings.Builder
	for _, f := range j.Request.Flags {
		switch f.Name {
		case "--arg":
			arguments.WriteString(nixexec.NixString(f.Values[0]) + " = (" + f.Values[1] + "\n); ")
		case "--argstr":
			arguments.WriteString(nixexec.NixString(f.Values[0]) + " = " + nixexec.NixText(f.Values[1]) + "; ")
		}
	}
	return "(" + source.ClassicNix + ") { source = " + source.SourceExpression(j.Source.File) + "; path = [" + path.String() + " ]; arguments = { " + arguments.String() + "}; }"
}

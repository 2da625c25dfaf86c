package rebuild

import (
	_ "embed"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed classic.nix
var classicNix string

// searchPath is the form of <nixpkgs/nixos>, which Nix looks up in its search path (SPATH in Nix's lexer.l).
var searchPath = regexp.MustCompile(`^<[a-zA-Z0-9._+-]+(/[a-zA-Z0-9._+-]+)*>$`)

// classicExpression is the configuration without a flake, as nixos-rebuild takes it: what a file or <nixpkgs/nixos> holds, and in it
// an attribute. nix-instantiate itself cannot be used: there is no way to go on from the configuration that it finds.
func classicExpression(j Job) string {
	var path strings.Builder
	for _, name := range attributePath(j.Source.Attr) {
		path.WriteString(" " + nixString(name))
	}
	var arguments strings.Builder
	for _, f := range j.Request.Flags {
		switch f.Name {
		case "--arg":
			arguments.WriteString(nixString(f.Values[0]) + " = (" + f.Values[1] + "\n); ")
		case "--argstr":
			arguments.WriteString(nixString(f.Values[0]) + " = " + nixText(f.Values[1]) + "; ")
		}
	}
	return "(" + classicNix + ") { source = " + sourceExpression(j.Source.File) + "; path = [" + path.String() + " ]; arguments = { " + arguments.String() + "}; }"
}

// sourceExpression is what a file holds, as an expression that is evaluated in the working directory.
func sourceExpression(file string) string {
	switch {
	case file == "":
		return "import <nixpkgs/nixos>"
	case searchPath.MatchString(file):
		return "import " + file
	case filepath.IsAbs(file):
		return "import " + nixText(file)
	default:
		return "import (./. + " + nixText("/"+file) + ")"
	}
}

// attributePath splits "a.\"b.c\".d" at the dots that stand in no quotes (parseAttrPath in Nix's attr-path.cc).
func attributePath(text string) []string {
	if text == "" {
		return nil
	}
	names, quoted := []string{""}, false
	for _, c := range text {
		last := len(names) - 1
		switch {
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			names = append(names, "")
		default:
			names[last] += string(c)
		}
	}
	return names
}

// nixText is a text in Nix, every character of it.
func nixText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `\${`, "\r", `\r`).Replace(text) + `"`
}

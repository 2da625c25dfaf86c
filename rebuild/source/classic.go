package source

import (
	_ "embed"
	"path/filepath"
	"regexp"

	"nixhop/nixexec"
)

//go:embed classic.nix
var classicNix string

// searchPath is the form of <nixpkgs/nixos>, which Nix looks up in its search path (SPATH in Nix's lexer.l).
var searchPath = regexp.MustCompile(`^<[a-zA-Z0-9._+-]+(/[a-zA-Z0-9._+-]+)*>$`)

// sourceExpression is what a file holds, as an expression that is evaluated in the working directory.
func sourceExpression(file string) string {
	switch {
	case file == "":
		return "import <nixpkgs/nixos>"
	case searchPath.MatchString(file):
		return "import " + file
	case filepath.IsAbs(file):
		return "import " + nixexec.NixString(file)
	default:
		return "import (./. + " + nixexec.NixString("/"+file) + ")"
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

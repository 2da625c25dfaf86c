package nixexec

import (
	"regexp"
	"strings"
)

// StorePath is the form of every path in the Nix store (nix: src/libstore/path.cc).
var StorePath = regexp.MustCompile(`^/nix/store/[0-9a-z]{32}-[0-9a-zA-Z+._?=-]+$`)

// SystemName is the form of a system: "x86_64-linux".
var SystemName = regexp.MustCompile(`^[a-z0-9_]+-[a-z0-9]+$`)

// NixCommand opens a call of the nix command: its experimental features are on, whatever nix.conf says.
func NixCommand(words ...string) []string {
	return append([]string{"nix", "--extra-experimental-features", "nix-command flakes"}, words...)
}

// NixString is a text as a string of the Nix language, every character of it.
func NixString(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `${`, `\${`, "\r", `\r`).Replace(text) + `"`
}

// Attribute is a name as one component of an attribute path.
func Attribute(name string) string {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return NixString(name)
	}
	return name
}

package nixexec

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// fragmentCharacters mean themselves behind the # of a flake reference, in every Nix. Nix reads the rest of it as that
// of a URL (percentDecode in nix's url.cc) and refuses much of what is not written so: # and \ and every letter of more
// than one byte.
const fragmentCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

// Fragment is a name for behind the # of a flake reference, where Nix, and every nixos-rebuild that hands it on to Nix,
// reads it as that name and no other: "a%41" as "a%2541", which is not the configuration aA.
func Fragment(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if strings.IndexByte(fragmentCharacters, name[i]) >= 0 {
			b.WriteByte(name[i])
			continue
		}
		fmt.Fprintf(&b, "%%%02X", name[i])
	}
	return b.String()
}

// FragmentName is the name that Nix reads behind the # of a flake reference; false where it refuses it.
func FragmentName(fragment string) (name string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(fragment); i++ {
		if fragment[i] != '%' {
			b.WriteByte(fragment[i])
			continue
		}
		if i+2 >= len(fragment) {
			return fragment, false
		}
		c, err := hex.DecodeString(fragment[i+1 : i+3])
		if err != nil {
			return fragment, false
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), true
}

// HasFragment reports whether Nix, and so every nixos-rebuild, can be told of an attribute of that name behind the # of
// a flake reference.
func HasFragment(name string) bool { return name != "" && !strings.Contains(name, `"`) }

// FlakeAttribute is an attribute of a flake as an installable. Nix splits an attribute path at the dots that stand in
// no quotes, and knows no way to write a quote, or a name of no letters: false where one of the names is such a one.
func FlakeAttribute(flake string, names ...string) (installable string, ok bool) {
	path := make([]string, len(names))
	for i, name := range names {
		if !HasFragment(name) {
			return "", false
		}
		path[i] = Fragment(name)
		if Attribute(name) != name {
			path[i] = `"` + path[i] + `"`
		}
	}
	return flake + "#" + strings.Join(path, "."), true
}

package export

import (
	"strings"

	"nixhop/nixexec"
)

// NixOS is a module of NixOS with the config and the keys of its hosts. What stands in it comes before what NixOS
// itself puts into /etc/ssh/ssh_config.
func NixOS(f Flat, keys []Key) string {
	var b strings.Builder
	b.WriteString("# Made by nixhop export.\n{\n")
	if text := f.Text(); text != "" {
		b.WriteString("  programs.ssh.extraConfig = " + indented(text, 2) + ";\n")
	}
	if len(keys) > 0 {
		b.WriteString("\n  programs.ssh.knownHosts = {\n")
		for i, name := range names(keys) {
			k := keys[i]
			b.WriteString("    " + nixexec.NixString(name) + " = {\n")
			if k.Authority {
				b.WriteString("      certAuthority = true;\n")
			}
			b.WriteString("      hostNames = [ " + nixStrings(k.Names) + " ];\n")
			b.WriteString("      publicKey = " + nixexec.NixString(k.Public) + ";\n    };\n")
		}
		b.WriteString("  };\n")
	}
	return b.String() + "}\n"
}

// nixStrings are words as the elements of a list of the Nix language.
func nixStrings(list []string) string {
	var quoted []string
	for _, word := range list {
		quoted = append(quoted, nixexec.NixString(word))
	}
	return strings.Join(quoted, " ")
}

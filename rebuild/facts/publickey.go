package facts

import (
	"os"
	"strings"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// PublicKey is the user's own public key, in the form of authorized_keys: the first of the identity files that has
// one beside it.
func PublicKey(e sshcfg.Endpoint) string {
	for _, file := range e.IdentityFiles {
		text, err := os.ReadFile(file + ".pub")
		if err == nil && len(text) < 16<<10 {
			return nixexec.Printable(strings.TrimSpace(nixexec.FirstLine(string(text))))
		}
	}
	return ""
}

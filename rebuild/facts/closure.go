package facts

import (
	"context"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// Closure is what of a store path of this machine a host would not take from a login that its Nix does not trust.
type Closure struct {
	Paths    int      // of which it consists
	Unsigned []string // those that are not known by their content and carry no signature of a key that the host knows
}

// LookAtClosure asks the store here for a path and all that it needs. keys are the names of those that the host knows.
// The errors are those of nixexec.Output.
func LookAtClosure(ctx context.Context, path string, keys []string) (Closure, error) {
	ctx, cancel := context.WithTimeout(ctx, closureTime)
	defer cancel()
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: nixexec.NixCommand("path-info", "--recursive", "--sigs", path)})
	return ParseClosure(string(out), keys), err
}

// ParseClosure reads lines of a path and what speaks for it: "ultimate", "ca:…" or "NAME:SIGNATURE".
func ParseClosure(text string, keys []string) Closure {
	var c Closure
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || !nixexec.StorePath.MatchString(words[0]) {
			continue
		}
		c.Paths++
		taken := func(word string) bool {
			name, _, signature := strings.Cut(word, ":")
			return strings.HasPrefix(word, "ca:") || signature && slices.Contains(keys, name)
		}
		if !slices.ContainsFunc(words[1:], taken) {
			c.Unsigned = append(c.Unsigned, words[0])
		}
	}
	return c
}

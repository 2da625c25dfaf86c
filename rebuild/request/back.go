package request

import (
	"fmt"
	"slices"
	"strconv"

	"nixhop/nixexec"
)

// Back reports whether a system is taken that the host has as a generation: nothing is evaluated, built or copied.
func (r Request) Back() bool { return r.Has("--rollback") || r.Has("--generation") }

// Generation is the number of the generation that is taken; 0: none was named.
func (r Request) Generation() int {
	n, _ := strconv.Atoi(r.Value("--generation"))
	return n
}

// Previews reports whether nixhop's own steps show what an activation will change, before it.
func (r Request) Previews() bool {
	return (r.Has("--ask") || r.Has("--diff")) && slices.Contains([]string{"switch", "boot", "test"}, r.Action)
}

// takeGeneration refuses what is no number of a generation. Nix counts them from 1, in what fits into 32 bits.
func takeGeneration(value string) error {
	if n, err := strconv.ParseUint(value, 10, 31); err == nil && n > 0 && value[0] != '0' {
		return nil
	}
	return &UsageError{Message: fmt.Sprintf("--generation takes the number of a generation, not %s", nixexec.Quoted(value)), Hint: "as in: --generation 12"}
}

// refusedBack refuses to take a generation beside another answer to the question what is taken.
func refusedBack(r Request, _ Action) error {
	if r.Has("--ask") && r.Plan {
		return &UsageError{Message: "--ask cannot be used with --plan", Hint: "a plan activates nothing, and shows what would run"}
	}
	if !r.Has("--generation") {
		return nil
	}
	for _, other := range []string{"--rollback", "--store-path"} {
		if r.Has(other) {
			return &UsageError{Message: "--generation cannot be used with " + other, Hint: "each says what is activated"}
		}
	}
	if r.Engine == EngineNixosRebuild {
		return &UsageError{Message: "no nixos-rebuild has a flag for --generation", Hint: "leave --engine out: nixhop takes the steps itself"}
	}
	if len(r.Extra) > 0 {
		return &UsageError{
			Message: "--generation takes no words for nixos-rebuild: " + nixexec.Quoted(r.Extra[0]), Hint: "no nixos-rebuild is run: leave them out",
		}
	}
	return nil
}

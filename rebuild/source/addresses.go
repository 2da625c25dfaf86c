package source

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"nixhop/nixexec"
)

//go:embed addresses.nix
var addressesNix string

// Addresses are where a host can be reached, as far as its configuration says.
type Addresses struct {
	IPv4 []string `json:"ipv4"` // of networking.interfaces, but for those of lo
	IPv6 []string `json:"ipv6"`
	Name string   `json:"name"` // its host name with its domain; empty: it has no domain
}

// AskAddresses asks a configuration for the addresses of its host. Errors: an *EvaluationError.
func AskAddresses(ctx context.Context, w Wanted) (a Addresses, err error) {
	argv := w.argv("--json", addressesNix)
	if w.Source.Flake != "" {
		argv = append(argv, NoLockFile)
	}
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: argv})
	var exit *nixexec.ExitError
	switch {
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case errors.As(err, &exit) && exit.Signal == 0:
		return a, w.failure(exit.Stderr)
	case err != nil:
		return a, err
	}
	if err := json.Unmarshal(out, &a); err != nil {
		return a, fmt.Errorf("reading the addresses of %q: %w", w.Configuration, err)
	}
	return a, nil
}

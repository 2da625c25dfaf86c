package remote

import (
	"context"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
)

// TryEmulation has a build host (nil: here) build a derivation of one line for a system, by a program of that system;
// more is the system again where the build host's nix.conf does not name it. It returns whether it was built, or else
// why not.
func TryEmulation(ctx context.Context, build *plan.Machine, system, more string) (why string, worked bool) {
	ctx, cancel := context.WithTimeout(ctx, plan.EmulateTime)
	defer cancel()
	out, err := nixexec.Output(ctx, plan.Emulation(build, system, more))
	why, worked = plan.ParseEmulation(string(out), err)
	return "a derivation of one line was tried: " + why, worked
}

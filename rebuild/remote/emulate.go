package remote

import (
	"context"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
)

// Emulation is whether a build host runs the programs of a system that is to be built there (--emulate).
type Emulation struct {
	More   string       // the system, where the build host must be told to build for it, too
	Answer facts.Answer // it was seen to run programs of it; Unsaid: there is nothing to try
	Why    string       // of No
}

// TryEmulation has a build host (nil: here) build a derivation of one line for a system, by a program of that system.
// own is what its Nix says of itself: where it builds for the system natively, or has a remote builder for it, there is
// nothing to try. A check builds nothing, and for some systems there is no program to try it with: then the kernel's
// word counts.
func TryEmulation(ctx context.Context, build *decision.Machine, own facts.Nix, system string, checking bool) Emulation {
	manner, known := facts.FindManner(own, system), slices.Contains(own.Platforms(), system)
	if system != "" && (manner == facts.ByRemoteBuilder || manner == facts.Natively && known) {
		return Emulation{}
	}
	e := Emulation{Answer: facts.Yes, Why: "the kernel's binfmt_misc names no program for it"}
	if !known {
		e.More = system
	}
	worked := manner != ""
	if !checking && plan.TinyProgram(system) != nil {
		e.Why, worked = runTiny(ctx, build, system, e.More)
	}
	if !worked {
		e.Answer = facts.No
	}
	return e
}

// runTiny returns whether the derivation was built, or else why not.
func runTiny(ctx context.Context, build *decision.Machine, system, more string) (why string, worked bool) {
	ctx, cancel := context.WithTimeout(ctx, plan.EmulateTime)
	defer cancel()
	out, err := nixexec.Output(ctx, plan.Emulation(build, system, more))
	why, worked = plan.ParseEmulation(string(out), err)
	return "a derivation of one line was tried: " + why, worked
}

package plan

import (
	"slices"

	"nixhop/nixexec"
)

// Together reports whether the system of a job may be built by the same nix-store as those of other hosts. One whose
// output the user wants in a form of its own is built by itself.
func Together(j Job) bool {
	own := slices.ContainsFunc([]string{"--log-format", "--no-build-output", "--quiet"}, j.Request.Has)
	return j.Request.Evaluates() && j.Build == nil && j.Dialect == nil && j.Request.Action != "dry-build" && !own
}

// RealiseAll is the step in which one nix-store builds the derivations of several hosts here: it keeps to the number of
// builds that it may run at a time, and two that need the same wait for no lock of each other's, which a nix-store
// looks at every five seconds (nix: src/libstore/build/worker.cc). One that fails keeps none of the others from being
// built. It prints lines of JSON, from which is seen what each of them is about; that format must be named last, for
// some flags set another.
func RealiseAll(j Job, derivations []string) Step {
	argv := slices.Concat([]string{"nix-store", "--realise"}, derivations, j.realiseFlags(),
		[]string{"--keep-going", "--log-format", "internal-json"})
	return Step{Name: "build", Command: nixexec.Command{Argv: argv, Env: j.Environment()}, Quiet: true}
}

// Made is the command that succeeds where the system of a derivation is there, and builds and fetches nothing.
func Made(j Job, derivation string) nixexec.Command {
	argv := slices.Concat([]string{"nix-store", "--realise", derivation}, j.realiseFlags(),
		[]string{"--max-jobs", "0", "--builders", "", "--option", "substitute", "false"})
	return nixexec.Command{Argv: argv, Env: j.Environment()}
}

package request

import (
	"fmt"

	"nixhop/nixexec"
)

// NoCross is the value of --cross that takes a hint back.
const NoCross = "none"

// asSystem reads the value of a flag that takes a system.
func asSystem(flag, value string) (string, error) {
	if nixexec.SystemName.MatchString(value) {
		return value, nil
	}
	return "", &UsageError{Message: fmt.Sprintf("%s takes a system, not %q", flag, value), Hint: "as in: " + flag + "=x86_64-linux"}
}

// refusedPlatforms refuses answers to the question of the platform that contradict each other, or that have no
// question.
func refusedPlatforms(r Request, _ Action) error {
	var given []string
	for _, name := range []string{"--cross", "--emulate", "--system"} {
		if r.Has(name) {
			given = append(given, name)
		}
	}
	if len(given) == 0 {
		return nil
	}
	for _, ready := range []string{"--rollback", "--generation", "--store-path"} {
		if r.Has(ready) {
			return usageErrorf("%s cannot be used with %s: nothing is built", given[0], ready)
		}
	}
	if r.Has("--cross") && r.Has("--emulate") && r.Value("--cross") != NoCross {
		return &UsageError{Message: "--cross cannot be used with --emulate", Hint: "a cross build runs no program of the target's system"}
	}
	return nil
}

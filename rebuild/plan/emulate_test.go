package plan

import (
	"strings"
	"testing"

	"nixhop/rebuild/source"
)

// The build host is told of one more system by nixhop's own steps, here and there, only where it has to be.
func TestEmulateInSteps(t *testing.T) {
	for _, build := range []*Machine{nil, machineFor("big")} {
		job := Job{Request: parse(t, "switch web --emulate"), Source: source.Source{Flake: "."}, Configuration: "web", Target: machineFor("web"), Build: build, Dir: "/run/d"}
		for _, emulate := range []string{"", "aarch64-linux"} {
			job.Emulate = emulate
			steps, err := Make(job)
			if err != nil {
				t.Fatal(err)
			}
			script := steps.Script()
			if got := strings.Contains(script, "--option extra-extra-platforms aarch64-linux"); got != (emulate != "") {
				t.Errorf("build on %v, emulate %q: %s", build, emulate, script)
			}
		}
	}
}

package plan

import (
	"errors"
	"strings"
	"testing"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/source"
)

// The build host is told of one more system by nixhop's own steps, here and there, only where it has to be.
func TestEmulateInSteps(t *testing.T) {
	for _, build := range []*decision.Machine{nil, machineFor("big")} {
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

func TestParseEmulation(t *testing.T) {
	failed := errors.New("ended")
	for _, c := range []struct {
		out    string
		err    error
		says   string
		worked bool
	}{
		{"emulated=yes\n", nil, "", true},
		{"says=Exec format error\n", failed, "Exec format error", false},
		{"says=\x1b[2Jno\n", failed, "no", false},
		{"emulated=yes\n", failed, "ended", false},
		{"", failed, "ended", false},
		{"", nil, "", false},
	} {
		if says, worked := ParseEmulation(c.out, c.err); says != c.says || worked != c.worked {
			t.Errorf("%q: %q, %v", c.out, says, worked)
		}
	}
}

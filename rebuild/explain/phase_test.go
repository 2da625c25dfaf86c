package explain

import (
	"testing"

	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

func TestPhaseOf(t *testing.T) {
	for _, tt := range []struct {
		step, output string
		want         report.Phase
	}{
		{"evaluate", "activating the configuration...\n", report.PhaseEvaluate},
		{"build", "", report.PhaseBuild},
		{"link", "", report.PhaseBuild},
		{"copy", "", report.PhaseCopy},
		{"activate", "", report.PhaseActivate},
		{"nixos-rebuild", "", report.PhaseAny},
		{"nixos-rebuild", "building the system configuration...\ncopying 12 paths...\n", report.PhaseAny},
		{"nixos-rebuild", "copying 0 paths...\n\x1b[1mactivating the configuration...\x1b[0m\r\nsetting up /etc...\n", report.PhaseActivate},
		{"nixos-rebuild", "stopping the following units: a.service\nlast words", report.PhaseActivate},
		{"nixos-rebuild", "machine # activating the configuration...\nvm-test> activating the configuration...\n", report.PhaseAny},
	} {
		if got := PhaseOf(plan.Step{Name: tt.step}, []byte(tt.output)); got != tt.want {
			t.Errorf("%s, %q: %q, want %q", tt.step, tt.output, got, tt.want)
		}
	}
}

package explain

import (
	"regexp"
	"slices"

	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// activationLine finds the lines that only an activation prints.
var activationLine = regexp.MustCompile(switching)

// PhaseOf is the phase of a step. A nixos-rebuild goes through all of them: when its output shows that the activation
// had begun it is that one. What else goes by, like the number of paths that are copied, says what has begun but not
// what has ended.
func PhaseOf(step plan.Step, output []byte) report.Phase {
	switch step.Name {
	case "evaluate":
		return report.PhaseEvaluate
	case "build", "link":
		return report.PhaseBuild
	case "copy":
		return report.PhaseCopy
	case "activate":
		return report.PhaseActivate
	}
	if slices.ContainsFunc(newTranscript(output).lines, activationLine.MatchString) {
		return report.PhaseActivate
	}
	return report.PhaseAny
}

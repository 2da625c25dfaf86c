package report

// Phase is the part of a deployment that failed: an explanation belongs to some of them only, and the same text means
// another thing in another phase.
type Phase string

// The phases, in the order in which a deployment goes through them. PhaseAny is for a child that does several of them
// itself, as nixos-rebuild does.
const (
	PhaseConnect  Phase = "connect"
	PhaseEvaluate Phase = "evaluate"
	PhaseBuild    Phase = "build"
	PhaseCopy     Phase = "copy"
	PhaseActivate Phase = "activate"
	PhaseAny      Phase = "any"
)

package report

// Here stands in place of a host in findings about this machine.
const Here = "here"

// Phase is a part of a deployment. An explanation belongs to some of them only, and the same text means another thing
// in another phase.
type Phase string

// The phases, in the order in which a deployment goes through them. PhaseAny is for a child that does several of them
// itself, as nixos-rebuild does.
const (
	PhaseLocate   Phase = "locate"
	PhaseConnect  Phase = "connect"
	PhaseDecide   Phase = "decide"
	PhaseEvaluate Phase = "evaluate"
	PhaseCheck    Phase = "check"
	PhaseBuild    Phase = "build"
	PhaseCopy     Phase = "copy"
	PhaseActivate Phase = "activate"
	PhaseHealth   Phase = "health"
	PhaseAny      Phase = "any"
)

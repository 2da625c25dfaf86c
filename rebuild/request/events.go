package request

import (
	"slices"

	"nixhop/rebuild/report"
)

// Events reports whether a deployment is to be told in JSON. Among nixos-rebuild's own words --json is handed on to it.
func (r Request) Events() bool { return r.JSON && r.deploys() && !r.TargetHostFlag }

// Watched reports whether all that is printed for a host goes through nixhop, however few hosts there are.
func (r Request) Watched() bool { return r.Events() || r.Has("--log-dir") }

// Course is what is done with many hosts, in a word, and the last phase that each is to go through; empty: it only
// tells of them. healthy: hosts are asked whether they are.
func (r Request) Course(checking, healthy bool) (action string, last report.Phase) {
	switch {
	case checking:
		return "check", report.PhaseCheck
	case r.Plan, r.Action == "list-generations":
		return "", report.PhaseConnect
	case healthy:
		return r.Action, report.PhaseHealth
	default:
		return r.Action, report.PhaseActivate
	}
}

// deploys reports whether the request does something for a HOST in steps that nixhop can take itself.
func (r Request) deploys() bool {
	return slices.Contains(NativeActions, r.Action) && len(r.Hosts) > 0 && !r.Plan
}

// what is what the request is about, in a sentence.
func (r Request) what() string {
	switch {
	case r.Plan:
		return "--plan"
	case len(r.Hosts) == 0:
		return r.Action + " without a HOST"
	case r.TargetHostFlag:
		return r.Action + " with --target-host"
	default:
		return r.Action
	}
}

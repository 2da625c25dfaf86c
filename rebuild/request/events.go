package request

import "slices"

// Events reports whether a deployment is to be told in JSON. Among nixos-rebuild's own words --json is handed on to it.
func (r Request) Events() bool { return r.JSON && r.deploys() && !r.TargetHostFlag }

// Watched reports whether all that is printed for a host goes through nixhop, however few hosts there are.
func (r Request) Watched() bool { return r.Events() || r.Has("--log-dir") }

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

package request

import (
	"slices"

	"nixhop/rebuild/report"
)

// Allowed reports whether the request lets a finding through that is an error otherwise.
func (r Request) Allowed(name string) bool {
	if spec, _ := report.FindSpec(name); !spec.Skippable {
		return false
	}
	return r.NoCheck || slices.Contains(r.Hinted, name) || slices.ContainsFunc(r.Own, func(f Flag) bool { return f.Name == "--allow" && f.Values[0] == name })
}

// Stops reports whether one of the findings is an error that the request does not let through.
func Stops(found []report.Finding, r Request) bool {
	return slices.ContainsFunc(found, func(f report.Finding) bool { return f.Severity == report.Error && !r.Allowed(f.Name) })
}

// Lowered makes a warning of each error that the request lets through, and a note of what is let through for good, by a
// hint.
func (r Request) Lowered(found []report.Finding) []report.Finding {
	found = slices.Clone(found)
	for i, f := range found {
		if f.Severity == report.Error && r.Allowed(f.Name) {
			found[i].Severity, found[i].Remedy = report.Warning, nil
			if slices.Contains(r.Hinted, f.Name) {
				found[i].Severity, found[i].Why = report.Note, "the hint allow="+f.Name+" in the ssh config lets it through"
			}
		}
	}
	return found
}

// OnlyStop is the place of the finding of a name, where nothing else stops the run; -1 where it is not there, or
// something else does.
func (r Request) OnlyStop(found []report.Finding, name string) int {
	at := -1
	for i, f := range found {
		switch {
		case f.Severity != report.Error || r.Allowed(f.Name):
		case f.Name != name:
			return -1
		default:
			at = i
		}
	}
	return at
}

package plan

import (
	"slices"

	"nixhop/rebuild/report"
	"nixhop/rebuild/source"
)

// Shown is the plan of a job for whoever pastes it. unknown is what a decision has left open; what else nobody has
// looked at is added to it, and by which call it can be. locked says whether Nix may have an evaluation in its cache,
// and settings are those that the flake makes for Nix, whose error is one of Shown beside those of Make.
func Shown(
	j Job, call report.Call, unknown []string, locked func(source.Wanted) bool, settings func() ([]source.Setting, error),
) (Plan, error) {
	contacts, looked := j.Target != nil || j.Build != nil, j.Request.Look
	unknown = slices.Clip(unknown)
	switch {
	case !j.Request.Evaluates():
	case j.Dialect == nil:
		j.Locked = locked(j.Wanted())
		set, err := settings()
		if err != nil {
			return Plan{}, err
		}
		var open []string
		j.Settings, open = source.Pasted(j.Request, set)
		unknown = append(unknown, open...)
	case contacts && !looked && locked(j.Wanted()):
		unknown = append(unknown, "the round trip was not measured: where it is long, what nixos-rebuild will copy is brought there first")
	}
	p, err := Make(j)
	if err == nil && len(unknown) > 0 && !looked {
		unknown = append(unknown, "look first: "+call.Lines([]report.Remedy{report.Again("--plan", "--check")})[0])
	}
	p.Unknown = unknown
	return p, err
}

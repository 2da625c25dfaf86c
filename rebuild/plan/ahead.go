package plan

import (
	_ "embed"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
)

//go:embed ahead.sh
var aheadScript string

// ahead are the steps in front of a nixos-rebuild that bring what it would copy path by path, over a long way, there
// together: the derivation to the build host, or a system that is built already to its target. It finds everything
// there then. Where they fail it copies by itself, as it does what is not known before it starts.
func ahead(j Job) []Step {
	if !j.Far || !j.Locked || !j.Request.Evaluates() {
		return nil
	}
	var copied Step
	switch {
	case j.Build != nil && j.Copies.Derivation == decision.Together:
		copied = j.copyOf(DerivationWord, nil, j.Build, decision.Together)
		copied.Note = "the derivation"
	case j.Build == nil && j.Target != nil && j.Copies.System == decision.Together:
		copied = Step{
			Name: "copy", Where: j.Target.Host.Name, Note: "the system, if it is built", Text: "ahead.sh",
			Command: nixexec.Command{
				Argv: []string{"/bin/sh", "-s", "--", DerivationWord}, Env: j.Environment(),
				Stdin: shellFunction("copy", j.copyWords(decision.ToplevelWord, nil, j.Target, decision.Together), `"$@" </dev/null`) + aheadScript,
			},
		}
	default:
		return nil
	}
	copied.Else, copied.Optional = nil, true
	return []Step{Evaluate(j), copied}
}

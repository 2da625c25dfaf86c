package plan

import (
	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/generations"
	"nixhop/rebuild/request"
)

// Generations is the step that has a host tell the generations of its profile. It needs no root and no nixos-rebuild
// there.
func Generations(m *decision.Machine, r request.Request) Step {
	return Step{Name: "list-generations", Where: m.Host.Name, Text: "generations.sh", Command: nixexec.Command{
		Argv: session(m, "/bin/sh", "-s"), Stdin: generations.Script(r.Value("--profile-name")),
	}}
}

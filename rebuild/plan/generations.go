package plan

import (
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
)

// Generations is the step that shows the generations of a host, by its own nixos-rebuild: no other refuses a host for
// this action. Root is not needed.
func Generations(m *decision.Machine, r request.Request) Step {
	words := []string{"nixos-rebuild", "list-generations"}
	for _, f := range r.Flags {
		words = append(words, f.Spaced()...)
	}
	if r.JSON {
		words = append(words, "--json")
	}
	return Step{Name: "list-generations", Where: m.Host.Name, Command: ssh.SessionCommand(m.Master, append(words, r.Extra...)...)}
}

package remote

import (
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Generations is the step that shows the generations of a host, by its own nixos-rebuild: no other refuses a host for
// this action. Root is not needed.
func Generations(m *decision.Machine, r request.Request) plan.Step {
	words := []string{"nixos-rebuild", "list-generations"}
	for _, f := range r.Flags {
		words = append(words, f.Spaced()...)
	}
	if r.JSON {
		words = append(words, "--json")
	}
	return plan.Step{Name: "list-generations", Where: m.Host.Name, Command: ssh.SessionCommand(m.Master, append(words, r.Extra...)...)}
}

// ReadGenerations runs that step in the foreground, and returns what it prints: ssh would not tell that it could not be
// written. That the host has no nixos-rebuild is said.
func ReadGenerations(ctx context.Context, m *decision.Machine, r request.Request, s nixexec.Stdio) (string, error) {
	text, err := nixexec.Capture(ctx, Generations(m, r).Command, s)
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Code == facts.NotFound {
		look := report.SSH(m.Host.String(), "ls -l "+facts.ProfilePath(r.Value("--profile-name"))+"-*-link")
		return text, errors.New("there is no nixos-rebuild on " + nixexec.Quoted(m.Host.Name) + "\n" + r.Call().Lines([]report.Remedy{look})[0])
	}
	return text, err
}

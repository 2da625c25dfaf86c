package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/generations"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// ReadGenerations has a host tell its generations (plan.Generations) and returns the text that is printed of them: for
// one of several hosts with its name. The error says what the host says of a profile that is not there.
func ReadGenerations(ctx context.Context, m *decision.Machine, r request.Request, name string) (string, error) {
	out, err := nixexec.Output(ctx, plan.Generations(m, r).Command)
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && !connection.Lost(err) && !nixexec.Interrupted(err) && strings.TrimSpace(exit.Stderr) != "" {
		said := nixexec.Printable(nixexec.LastLine(strings.TrimSpace(exit.Stderr)))
		look := report.Nixhop("ssh", m.Host.String(), "--", "ls", "/nix/var/nix/profiles", "/nix/var/nix/profiles/system-profiles")
		return "", fmt.Errorf("the generations of %q: %s\n%s", m.Host.Name, said, r.Call().Lines([]report.Remedy{look})[0])
	}
	if err != nil {
		return "", fmt.Errorf("reading the generations of %q: %w", m.Host.Name, err)
	}
	all, err := generations.Parse(string(out))
	if err != nil {
		return "", fmt.Errorf("reading the generations of %q: %w", m.Host.Name, err)
	}
	return generations.Text(name, all, r.JSON)
}

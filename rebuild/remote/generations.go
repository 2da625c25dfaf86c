package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// ReadGenerations runs that step and returns what it prints: ssh would not tell that it could not be written. That the
// host has no nixos-rebuild is said. It runs in the foreground, with the files of s, unless there is one who is shown
// what it says on standard error.
func ReadGenerations(ctx context.Context, m *decision.Machine, r request.Request, s nixexec.Stdio, show func([]byte)) (text string, err error) {
	if show == nil {
		text, err = nixexec.Capture(ctx, Generations(m, r).Command, s)
	} else {
		var out []byte
		out, err = nixexec.OutputLines(ctx, Generations(m, r).Command, func(string) bool { return true }, show)
		text = string(out)
	}
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Code == facts.NotFound {
		look := report.SSH(m.Host.String(), "ls -l "+facts.ProfilePath(r.Value("--profile-name"))+"-*-link")
		return text, errors.New("there is no nixos-rebuild on " + nixexec.Quoted(m.Host.Name) + "\n" + r.Call().Lines([]report.Remedy{look})[0])
	}
	return text, err
}

// HostGenerations are the generations that a host has told of in JSON, with its name, as one line of JSON.
func HostGenerations(host, text string) (string, error) {
	line, err := json.Marshal(struct {
		Host        string          `json:"host"`
		Generations json.RawMessage `json:"generations"`
	}{host, json.RawMessage(text)})
	if err != nil {
		return "", fmt.Errorf("reading the generations of %q: %w", host, err)
	}
	return string(line) + "\n", nil
}

package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// ReadGenerations has a host show its generations (plan.Generations) and returns what that prints: ssh would not tell that
// it could not be written. That the host has no nixos-rebuild is said. It runs in the foreground, with the files of s,
// unless the host is one of several: then they have its name, and what it says on standard error goes to say.
func ReadGenerations(ctx context.Context, m *decision.Machine, r request.Request, name string, s nixexec.Stdio, say report.Sink) (text string, err error) {
	step := plan.Generations(m, r)
	if name == "" {
		text, err = nixexec.Capture(ctx, step.Command, s)
	} else {
		var out []byte
		out, err = nixexec.OutputLines(ctx, step.Command, func(string) bool { return true }, func(said []byte) {
			say.Output(nixexec.Prefixed(nixexec.Printable(name)+": ", string(said)))
		})
		text = string(out)
	}
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Code == facts.NotFound {
		look := report.SSH(m.Host.String(), "ls -l "+facts.ProfilePath(r.Value("--profile-name"))+"-*-link")
		err = errors.New("there is no nixos-rebuild on " + nixexec.Quoted(m.Host.Name) + "\n" + r.Call().Lines([]report.Remedy{look})[0])
	}
	if err != nil {
		say.Print(text)
		return text, err
	}
	if name != "" && r.JSON {
		return hostGenerations(name, text)
	}
	return report.Headed(name, text), nil
}

// hostGenerations are the generations that a host has told of in JSON, with its name, as one line of JSON.
func hostGenerations(host, text string) (string, error) {
	line, err := json.Marshal(struct {
		Host        string          `json:"host"`
		Generations json.RawMessage `json:"generations"`
	}{host, json.RawMessage(text)})
	if err != nil {
		return "", fmt.Errorf("reading the generations of %q: %w", host, err)
	}
	return string(line) + "\n", nil
}

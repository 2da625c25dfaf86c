package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/report"
	"nixhop/rebuild/rollout"
)

// The pauses between two tries of a health command.
const (
	healthPause    = time.Second
	healthPauseMax = 10 * time.Second
)

// Prove asks a host that runs system whether it does what it is for, again and again until it does. Each command is
// the user's own, for a shell: here with NIXHOP_HOST, NIXHOP_ADDRESS and NIXHOP_TOPLEVEL in its environment, there over
// the connection (nil: the host is this machine). The error is an *OutcomeError where it does not in time.
func Prove(ctx context.Context, h rollout.Health, link *connection.Link, host, system string) error {
	address, there := "localhost", func() nixexec.Command { return nixexec.Command{Argv: []string{"sh", "-c", h.There}} }
	if link != nil {
		address, there = link.Machine.Endpoint.HostName, func() nixexec.Command { return link.Script(nil, h.There) }
	}
	here := nixexec.Command{Argv: []string{"sh", "-c", h.Here}, Env: []string{
		"NIXHOP_HOST=" + host, "NIXHOP_ADDRESS=" + address, "NIXHOP_TOPLEVEL=" + system,
	}}
	tries := []struct {
		name    string
		wanted  bool
		command func() nixexec.Command
	}{
		{"--health", h.Here != "", func() nixexec.Command { return here }},
		{"--health-remote", h.There != "", there},
	}
	deadline, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	for _, t := range tries {
		if !t.wanted {
			continue
		}
		if err := until(ctx, deadline, t.command); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return &OutcomeError{Result: report.Unhealthy, Err: fmt.Errorf("it was activated, but is not healthy after %s: %s %w", h.Timeout, t.name, err)}
		}
	}
	return nil
}

// until runs a command until it succeeds or the deadline is over, and returns how the last try ended that came to an end.
func until(ctx, deadline context.Context, command func() nixexec.Command) error {
	last := errors.New("did not end in time")
	for pause := healthPause; ; pause = min(2*pause, healthPauseMax) {
		out, err := nixexec.Output(deadline, command())
		if err == nil || ctx.Err() != nil {
			return err
		}
		if deadline.Err() != nil {
			return last
		}
		last = lastWord(string(out), err)
		select {
		case <-deadline.Done():
			return last
		case <-time.After(pause):
		}
	}
}

// lastWord is how a command ended, with the last line that it has printed.
func lastWord(out string, err error) error {
	var exit *nixexec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	how := fmt.Sprintf("ended with %d", exit.Code)
	if exit.Signal != 0 {
		how = "was ended by " + exit.Signal.String()
	}
	said := cmp.Or(strings.TrimSpace(nixexec.LastLine(exit.Stderr)), strings.TrimSpace(nixexec.LastLine(out)))
	if said != "" {
		how += ": " + nixexec.Printable(said)
	}
	return errors.New(how)
}

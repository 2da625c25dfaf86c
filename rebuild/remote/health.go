package remote

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/inventory"
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
// the connection (nil: the host is this machine); then come the checks of its node. The error is an *OutcomeError where
// it does not in time.
func Prove(ctx context.Context, h rollout.Health, link *connection.Link, host, system string) error {
	deadline, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	for _, t := range tries(h, link, host, system) {
		if err := until(ctx, deadline, t); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return &OutcomeError{Result: report.Unhealthy, Err: fmt.Errorf("it was activated, but is not healthy after %s: %s %w", h.Timeout, t.name, err)}
		}
	}
	return nil
}

// try is one way in which a host is asked.
type try struct {
	name     string
	once     func(ctx context.Context) error
	pause    time.Duration // before it is asked again; it grows up to most
	most     time.Duration
	patience time.Duration // for one answer; 0: all there is
}

// tries are the ways in which a host is asked, in their order.
func tries(h rollout.Health, link *connection.Link, host, system string) []try {
	address, shell := "localhost", func(text string) nixexec.Command { return nixexec.Command{Argv: []string{"sh", "-c", text}} }
	there := shell
	if link != nil {
		address, there = link.Machine.Endpoint.HostName, func(text string) nixexec.Command { return link.Script(nil, text) }
	}
	var all []try
	if h.Here != "" {
		all = append(all, try{name: "--health", pause: healthPause, most: healthPauseMax, once: func(ctx context.Context) error {
			c := shell(h.Here)
			c.Env = []string{"NIXHOP_HOST=" + host, "NIXHOP_ADDRESS=" + address, "NIXHOP_TOPLEVEL=" + system}
			return ended(ctx, c)
		}})
	}
	if h.There != "" {
		all = append(all, try{name: "--health-remote", pause: healthPause, most: healthPauseMax, once: func(ctx context.Context) error {
			return ended(ctx, there(h.There))
		}})
	}
	for _, check := range h.Checks[host] {
		t := try{name: fmt.Sprintf("%q", check.Name), pause: cmp.Or(check.Period, healthPause), most: check.Period, patience: check.Timeout}
		t.once = func(ctx context.Context) error { return answered(ctx, check.Request, address) }
		if check.Command != "" {
			t.once = func(ctx context.Context) error { return ended(ctx, there(check.Command)) }
		}
		all = append(all, t)
	}
	return all
}

// answered asks by HTTP. No proxy comes between, and nothing is kept for another request.
func answered(ctx context.Context, r inventory.HTTPRequest, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL(address), nil)
	if err != nil {
		return err
	}
	for name, value := range r.Headers {
		if request.Header.Set(name, value); strings.EqualFold(name, "host") {
			request.Host = value
		}
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: r.Insecure}} //nolint:gosec // the network says so
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err
		}
		return fmt.Errorf("(%s): %w", r.URL(address), err)
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("(%s) was answered by %s", r.URL(address), nixexec.Printable(response.Status))
	}
	return nil
}

// until tries until it comes out well or the deadline is over, and returns how the last try ended that came to an end.
func until(ctx, deadline context.Context, t try) error {
	last := errors.New("did not end in time")
	for pause := t.pause; ; pause = max(t.pause, min(2*pause, t.most)) {
		once, done := deadline, func() {}
		if t.patience > 0 {
			once, done = context.WithTimeoutCause(deadline, t.patience, fmt.Errorf("did not end in %s", t.patience))
		}
		err := t.once(once)
		late := context.Cause(once)
		done()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if deadline.Err() != nil {
			return last
		}
		if last = err; late != nil {
			last = late
		}
		select {
		case <-deadline.Done():
			return last
		case <-time.After(pause):
		}
	}
}

// ended runs a command, and returns how it ended where it did not end well.
func ended(ctx context.Context, c nixexec.Command) error {
	out, err := nixexec.Output(ctx, c)
	if err == nil {
		return nil
	}
	return lastWord(string(out), err)
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

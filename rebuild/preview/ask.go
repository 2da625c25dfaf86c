package preview

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Asks refuses to ask where nobody is there to answer. The error is a *request.UsageError.
func Asks(r request.Request, who prompt.Asker) error {
	if !r.Has("--ask") || prompt.Somebody(who) {
		return nil
	}
	return &request.UsageError{Message: "--ask asks before the activation, and nobody can be asked here", Hint: "--diff shows the same, and asks nothing"}
}

// ErrDeclined ends a run whose activations were not wanted.
var ErrDeclined = errors.New("not confirmed: nothing was activated; what was copied stays there")

// Agreed shows what the activations would change, where that was seen, and, where the request asks for that, has
// somebody say that they are to be. The error is ErrDeclined, or that of asking.
func Agreed[H interface{ Name() string }](
	ctx context.Context, r request.Request, hosts []H, seen func(H) *Preview, say report.Sink, who prompt.Asker,
) error {
	var all []Host
	shown := report.Event{Kind: report.Preview}
	for _, h := range hosts {
		if p := seen(h); p != nil {
			all, shown.Hosts = append(all, Host{h.Name(), *p}), append(shown.Hosts, h.Name())
		}
	}
	if len(all) == 0 {
		return nil
	}
	shown.Text = Text(r.Action, all)
	say(shown)
	if !r.Has("--ask") {
		return nil
	}
	yes, err := who.Agree(ctx, Question(r.Action, all))
	if err == nil && !yes {
		err = ErrDeclined
	}
	return err
}

// OtherName asks whether a configuration shall really go to a host of another name (nixpkgs#163768), which one of the
// findings has said, and returns those that are left: without that one, after a yes.
func OtherName(ctx context.Context, found []report.Finding, at int, host string, who prompt.Asker) ([]report.Finding, error) {
	found = slices.Clone(found)
	found[at].Told = true
	yes, err := who.Yes(ctx, fmt.Sprintf("deploy to %s all the same? type yes, in full: ", host))
	if err == nil && yes {
		found = slices.Delete(found, at, at+1)
	}
	return found, err
}

package remote

import (
	"context"
	"regexp"
)

// hostKeyLine is a public key as a host tells it.
var hostKeyLine = regexp.MustCompile(`^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$`)

// Guarded is the performer with a guard for its activation, where there is to be one and a new login, which is its
// proof, can come without anybody; else it says why there is none.
func (p Performer) Guarded(ctx context.Context) Performer {
	p.Say.Info(p.Job.NoGuard)
	if p.Job.Guard == nil || p.Link == nil {
		return p
	}
	own := *p.Job.Guard
	why := p.Link.NeedsSomebody(ctx)
	switch {
	case why == "":
		return p
	case own.Forced && p.Somebody && p.Alone:
		own.Asks, p.Job.Guard = true, &own
	default:
		p.Say.Info("no guard: its proof is a second login, and " + why)
		p.Job.Guard = nil
	}
	return p
}

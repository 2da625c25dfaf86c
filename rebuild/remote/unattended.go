package remote

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/sshcfg"
)

// hostKeyLine is a public key as a host tells it.
var hostKeyLine = regexp.MustCompile(`^[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$`)

// Guarded is the performer with a guard for its activation, where there is to be one and a new login, which is its proof, can
// come without anybody; else it says why there is none.
func (p Performer) Guarded(ctx context.Context) Performer {
	p.Say.Info(p.Job.NoGuard)
	if p.Job.Guard == nil || p.Link == nil {
		return p
	}
	own := *p.Job.Guard
	why := p.Link.attended(ctx)
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

// attended says why somebody must be there for another login to the host; empty: nobody. Where what is known does not tell, one
// is tried.
func (l *Link) attended(ctx context.Context) (why string) {
	e := l.Machine.Endpoint
	strict := e.StrictHostKeyChecking != "false" && e.StrictHostKeyChecking != "off" && e.StrictHostKeyChecking != "no"
	direct := e.ProxyJump == "" && e.ProxyCommand == ""
	log := l.current().Log()
	if needs := sshcfg.LoginNeeds(log); strict && (l.current().Batch() || direct && needs == sshcfg.NeedsNobody) {
		return ""
	} else if needs == sshcfg.NeedsSomebody {
		return "the first has needed somebody"
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	_, err := nixexec.Output(ctx, ssh.FreshCommand(l.Machine.Master, false, "true"))
	if err == nil {
		return ""
	}
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && strings.TrimSpace(exit.Stderr) != "" {
		return "it does not come without somebody: " + nixexec.Printable(strings.TrimSpace(nixexec.LastLine(exit.Stderr)))
	}
	return "it does not come without somebody"
}

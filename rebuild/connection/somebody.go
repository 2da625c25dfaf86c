package connection

import (
	"context"
	"errors"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/sshcfg"
)

// NeedsSomebody says why somebody must be there for another login to the host; empty: nobody. Where what is known does
// not tell, one is tried.
func (l *Link) NeedsSomebody(ctx context.Context) (why string) {
	e := l.Machine.Endpoint
	strict := e.StrictHostKeyChecking != "false" && e.StrictHostKeyChecking != "off" && e.StrictHostKeyChecking != "no"
	direct := e.ProxyJump == "" && e.ProxyCommand == ""
	log := l.current().Log()
	if needs := sshcfg.LoginNeeds(log); strict && (l.current().Batch() || direct && needs == sshcfg.NeedsNobody) {
		return ""
	} else if needs == sshcfg.NeedsSomebody {
		return "the first needed somebody to answer"
	}
	ctx, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	_, err := nixexec.Output(ctx, ssh.FreshCommand(l.Machine.Master, false, "true"))
	if err == nil {
		return ""
	}
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && strings.TrimSpace(exit.Stderr) != "" {
		return "it fails where nobody can be asked: " + nixexec.Printable(strings.TrimSpace(nixexec.LastLine(exit.Stderr)))
	}
	return "it fails where nobody can be asked"
}

package connection

import (
	"context"
	_ "embed"
	"strconv"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

//go:embed reach.sh
var reachScript string

// reachTime bounds how long a build host may take to say whether it reaches the target.
const reachTime = 12 * time.Second

// AskReach asks a build host, over its open connection, by which of the ways it reaches the target, and whether that
// is the machine whose facts these are, with the same login: what it may not be trusted with from there it could not
// be given. The answer is for decision.Between.
func AskReach(ctx context.Context, build ssh.MasterOptions, ways []sshcfg.Host, target facts.Host) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	words := []string{"/bin/sh", "-s", "--"}
	for _, way := range ways {
		port := ""
		if way.Port != 0 {
			port = strconv.Itoa(way.Port)
		}
		words = append(words, way.String(), port)
	}
	command := ssh.SessionCommand(build, words...)
	command.Stdin = nixexec.Assignments(
		[2]string{"boot_id", target.System.BootID},
		[2]string{"node", target.System.HostName},
		[2]string{"uid", target.Login.UID},
	) + reachScript
	out, err := nixexec.Output(ctx, command)
	return string(out), err
}

// Way is what a build host said of its own way to the target; nil: it has none, and there may be findings that say why.
type Way func() (*sshcfg.Host, []report.Finding)

// AskBetween asks a build host, beside everything else, whether it reaches the target itself. What it returns waits
// for the answer. A target that cannot be recognised from there, by its boot id, is not looked for.
func (l *Link) AskBetween(ctx context.Context, target *decision.Machine, on *facts.Host) Way {
	if on == nil || on.System.BootID == "" {
		return nil
	}
	asked := make(chan struct{})
	ways := decision.WaysBetween(target.Host, target.Endpoint)
	var out string
	var err error
	l.network.Beside(func() {
		defer close(asked)
		out, err = AskReach(ctx, l.Machine.Master, ways, *on)
	})
	return func() (*sshcfg.Host, []report.Finding) {
		<-asked
		return decision.Between(l.Machine.Host.String(), target.Host.String(), ways, out, err)
	}
}

// Known waits for the way; nobody was asked where w is nil.
func (w Way) Known() (*sshcfg.Host, []report.Finding) {
	if w == nil {
		return nil, nil
	}
	return w()
}

package rebuild

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// reachTime bounds how long a build host may take to say whether it reaches the target.
const reachTime = 10 * time.Second

// ReachWords is the command by which a build host finds out whether it reaches the target itself. It knows the target by the name that was
// typed here, or not at all; what ssh here makes of an alias is no business of its.
func ReachWords(target sshcfg.Host) []string {
	words := []string{"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "ConnectionAttempts=1"}
	if target.Port != 0 {
		words = append(words, "-p", strconv.Itoa(target.Port))
	}
	return append(words, "--", target.String(), "true")
}

// AskReach asks a build host over its open connection whether it reaches the target. The error is that of the command, for
// CheckReach.
func AskReach(ctx context.Context, build nixexec.MasterOptions, target sshcfg.Host) error {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	_, err := nixexec.Output(ctx, nixexec.SessionCommand(build, ReachWords(target)...))
	return err
}

// CheckReach says by which way the system goes from a third build host to the target, as AskReach found out. It never stops a run: the way
// through this machine is always there.
func CheckReach(build, target string, err error) []Finding {
	if err == nil {
		return nil
	}
	why := "the build host gave no answer in time"
	var exit *nixexec.ExitError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
	case errors.As(err, &exit) && exit.Code == nixexec.Status(&nixexec.NotFoundError{}):
		why = "there is no ssh on the build host"
	case errors.As(err, &exit):
		why = fmt.Sprintf("asked for %q there, ssh says %q", target, plainText(strings.TrimSpace(lastLine(exit.Stderr))))
	default:
		why = "the build host could not be asked: " + plainText(firstLine(err.Error()))
	}
	return []Finding{{
		Name: "build-host", Severity: Note, Host: build,
		What: fmt.Sprintf("it does not reach %q by itself: what it builds is copied through this machine", target),
		Why:  why,
	}}
}

// checkReach asks a third build host, for `nixhop check`, whether it reaches the target by itself. A deployment does not depend on the answer:
// it copies through this machine.
func (d *deployment) checkReach(ctx context.Context) {
	if !d.checking || d.on == nil || d.at == nil || d.on == d.at {
		return
	}
	build, target := d.at.machine, d.on.machine
	d.found = append(d.found, CheckReach(build.Host.String(), target.Host.String(), AskReach(ctx, build.Master, target.Host))...)
}

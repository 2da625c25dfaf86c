package connection

import (
	"context"
	_ "embed"
	"errors"
	"strconv"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
)

//go:embed await.sh
var awaitScript string

// ErrUntold says that nobody saw the end of an activation.
var ErrUntold = errors.New("the host has not said how it ended")

// Lost reports whether the connection failed, and not what ran over it. One over which nothing is heard any more of
// what tells that it still runs is as good as lost.
func Lost(err error) bool {
	var exit *nixexec.ExitError
	broken := errors.As(err, &exit) && exit.Code == ssh.Failed || errors.Is(err, nixexec.ErrNotHeard)
	return broken && !nixexec.Interrupted(err)
}

// How long a host is waited for until nothing of a run is at work there any more, in seconds: an activation takes its
// time, and a user who has stopped the run wants to know only whether there is one.
const (
	awaitPatience = 6 * 60 * 60
	hastyPatience = 30
)

// Await waits, over a new connection where there was one that was lost, until nothing of the activation of a run is at
// work on the host any more, and returns what that has reported. The errors are those of Reconnect and Same: nobody
// else is asked.
func (l *Link) Await(ctx context.Context, run string, somebody bool) (explain.Outcome, error) {
	return l.ask(ctx, run, somebody, awaitPatience, "")
}

// Look asks the host what there is of the activation of a run that the user has stopped, and waits only until it is
// clear that it goes on by itself, or that there is none. Another signal ends the wait.
func (l *Link) Look(ctx context.Context, run string) (explain.Outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*hastyPatience*time.Second)
	defer cancel()
	return l.ask(ctx, run, false, hastyPatience, "yes")
}

// ask has await.sh tell of a run.
func (l *Link) ask(ctx context.Context, run string, somebody bool, patience int, hasty string) (explain.Outcome, error) {
	script := nixexec.Assignments(
		[2]string{"dir", facts.RunDir(run)}, [2]string{"patience", strconv.Itoa(patience)}, [2]string{"hasty", hasty},
		nixexec.HostPrograms(),
	) + awaitScript
	for tries := 0; tries < askTries; tries++ {
		var out []byte
		err := l.Keep(ctx, somebody, func() {})
		if err == nil {
			command := l.current().Script(nil, script)
			command.Silence = plan.Heartbeat
			out, err = nixexec.Output(ctx, command)
		}
		if errors.Is(err, nixexec.ErrNotHeard) {
			return explain.ParseOutcome("", run), ErrNotReached
		}
		if !Lost(err) {
			return explain.ParseOutcome(string(out), run), err
		}
		if len(out) > 0 {
			tries = 0 // it was there, and had begun to wait
		}
	}
	return explain.ParseOutcome("", run), ErrNotReached
}

// askTries is how often a host is asked that lets no session in, or cuts it off at once.
const askTries = 5

package remote

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// Outcome is what the target reported of the activation of a run. Every field may be empty where it was not seen to its
// end.
type Outcome struct {
	Was        string // the system that ran before
	WasProfile string // what the profile pointed to before
	Toplevel   string // the system that was to be activated
	Started    string // that, or its specialisation
	Profile    string // what the profile was set to; empty: it was not touched
	Generation string // its number
	Current    string // the system that runs now
	ProfileNow string // what the profile points to now
	Step       string // the last one that was begun; only in StepActivate anything of the system ran
	Why        string // that step was given up for
	Status     int    // exit status of switch-to-configuration; -1: not known, or it never ran
	Begun      bool   // the host has something of this run
	Ended      bool   // it was all of it
	Rest       bool   // nothing of the run is at work there any more
	Failed     string // names of failed units, where somebody asked for them
}

// StepActivate is the step of an activation that runs switch-to-configuration.
const StepActivate = "activate"

// Known reports whether the activation was seen to its end: by its own word, and that of its host.
func (o Outcome) Known() bool { return o.Ended && (o.Status >= 0 || o.Why != "") }

// Missed is what the host has in place of what was deployed, in words; empty: it is what it should be. A status of
// success counts only where this is empty. system is empty where the host itself has found out what to activate.
func (o Outcome) Missed(action, system string) string {
	switch {
	case system != "" && o.Toplevel != system:
		return fmt.Sprintf("it has activated %s, and not %s", orNothing(o.Toplevel), system)
	case action == "dry-activate":
		return ""
	case action != "boot" && o.Current != o.Started:
		return fmt.Sprintf("%s runs there, and not %s", orNothing(o.Current), orNothing(o.Started))
	case (action == "switch" || action == "boot") && o.ProfileNow != o.Toplevel:
		return fmt.Sprintf("its profile was set to %s, and now is %s: somebody else has changed it meanwhile",
			orNothing(o.Toplevel), orNothing(o.ProfileNow))
	}
	return ""
}

// orNothing is a path in a sentence.
func orNothing(path string) string {
	if path == "" {
		return "nothing that it names"
	}
	return path
}

// Deployed is the system that the host has now, where the outcome is known; empty: it is not, or not that one. Without a
// system that was wanted only the host knew which: the generation before.
func (o Outcome) Deployed(system string, result report.Result) string {
	switch {
	case !o.Known():
		return ""
	case system == "" && (result == report.Done || result == report.Units):
		return o.Toplevel
	}
	return system
}

// reportedBytes is the longest value that counts in a report, whatever a host sends: a store path has 256 at most (nix:
// src/libstore/path.hh), a reason may have several of them.
const reportedBytes = 1024

// ParseOutcome reads the key=value lines that activate.sh reports of a run; the last of a key counts. What is not
// behind the name of this very run is somebody else's, and unknown lines are ignored.
func ParseOutcome(out, run string) Outcome {
	o := Outcome{Status: -1}
	texts := map[string]*string{
		"was": &o.Was, "was_profile": &o.WasProfile, "toplevel": &o.Toplevel, "started": &o.Started, "profile": &o.Profile,
		"generation": &o.Generation, "current": &o.Current, "profile_now": &o.ProfileNow, "step": &o.Step, "why": &o.Why,
	}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		value = nixexec.Printable(value[:min(len(value), reportedBytes)])
		switch text := texts[key]; {
		case !ok:
		case key == "run":
			o.Begun = value == run
		case key == "rest":
			o.Rest = value == "yes"
		case !o.Begun:
		case text != nil:
			*text = value
		case key == "ended":
			o.Ended = value == "yes"
		case key == "status" && o.Step == StepActivate:
			if n, err := strconv.Atoi(value); err == nil {
				o.Status = n
			}
		}
	}
	o.Rest = o.Rest || o.Ended
	return o
}

//go:embed await.sh
var awaitScript string

// ErrUntold says that nobody saw the end of an activation.
var ErrUntold = errors.New("the host has not said how it ended")

// LinkLost reports whether the connection failed, and not what ran over it. One over which nothing is heard any more of
// what tells that it still runs is as good as lost.
func LinkLost(err error) bool {
	var exit *nixexec.ExitError
	broken := errors.As(err, &exit) && exit.Code == nixexec.SSHFailed || errors.Is(err, nixexec.ErrNotHeard)
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
func (l *Link) Await(ctx context.Context, run string, somebody bool) (Outcome, error) {
	return l.ask(ctx, run, somebody, awaitPatience, "")
}

// Look asks the host what there is of the activation of a run that the user has stopped, and waits only until it is
// clear that it goes on by itself, or that there is none. Another signal ends the wait.
func (l *Link) Look(ctx context.Context, run string) (Outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*hastyPatience*time.Second)
	defer cancel()
	return l.ask(ctx, run, false, hastyPatience, "yes")
}

// ask has await.sh tell of a run.
func (l *Link) ask(ctx context.Context, run string, somebody bool, patience int, hasty string) (Outcome, error) {
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
			return ParseOutcome("", run), ErrNotReached
		}
		if !LinkLost(err) {
			return ParseOutcome(string(out), run), err
		}
		if len(out) > 0 {
			tries = 0 // it was there, and had begun to wait
		}
	}
	return ParseOutcome("", run), ErrNotReached
}

// askTries is how often a host is asked that lets no session in, or cuts it off at once.
const askTries = 5

// OutcomeError says what came of an activation, where that is neither success nor something that the child itself has
// said.
type OutcomeError struct {
	Result report.Result
	Child  int // the status that the child ended with, or hid, where that is passed on; else 0
	Err    error
}

// Error is the text of the wrapped error.
func (e *OutcomeError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *OutcomeError) Unwrap() error { return e.Err }

// Hidden is the error of a nixos-rebuild with the exit status that it hides in its text under a 1: it is that of the
// command that failed (nixpkgs, nixos-rebuild-ng). 0 and 1: it hides none; a number of nixhop's own is not taken over.
func Hidden(err error, status int) error {
	var exit *nixexec.ExitError
	if notOurs(status) <= 1 || !errors.As(err, &exit) || exit.Code != 1 {
		return err
	}
	return &OutcomeError{
		Result: report.Failed, Child: status,
		Err: fmt.Errorf("%w, for a command that ended with %d: so does nixhop", exit, status),
	}
}

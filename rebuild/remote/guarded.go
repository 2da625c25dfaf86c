package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/guard"
	"nixhop/rebuild/plan"
	"nixhop/sshcfg"
)

// The pauses between two new logins that shall prove an activation.
const (
	provePause    = 250 * time.Millisecond
	provePauseMax = 3 * time.Second
)

// proving is one activation that stands under a guard, while it is proved.
type proving struct {
	Performer
	proof guard.Proof
	begun time.Time
	due   time.Time // by when the guard has waited long enough
	keys  string    // of the system before, that a new login may find, too
	said  int       // of Waiting and Expired
}

// prove has an activation under a guard proved by a new login, and what was proved committed. o is what is known of it
// by now. The outcome is the last that the host has told; the error says what else came of it than that the new system
// stays: an *OutcomeError, or why the run was stopped.
func (p Performer) prove(ctx context.Context, o explain.Outcome, system string) (explain.Outcome, error) {
	now := time.Now()
	v := &proving{Performer: p, begun: now, due: now.Add(p.Job.Guard.Wait + time.Second), keys: o.HostKeys}
	v.proof = guard.Proof{Outcome: o, System: system, Guard: *p.Job.Guard, Before: cmp.Or(o.Was, p.Before.System.Current), Whole: p.armed != nil}
	want := plan.Confirm
	if !o.Closed && o.Inhibited == "" && p.Health.Wanted() {
		var err error
		if want, err = v.healthy(ctx); err != nil {
			return v.proof.Outcome, err
		}
	}
	if err := v.ask(ctx, want); err != nil {
		return v.proof.Outcome, err
	}
	text, result := v.proof.Tell(p.Teller)
	if text == "" {
		return v.proof.Outcome, nil
	}
	return v.proof.Outcome, &OutcomeError{Result: result, Err: errors.New(text)}
}

// healthy asks a host that lets a new login in whether it does what it is for, and returns what the guard is to be
// asked for.
func (v *proving) healthy(ctx context.Context) (want string, err error) {
	if err := v.ask(ctx, plan.Look); err != nil {
		return "", err
	}
	o := v.proof.Outcome
	if o.Closed || o.Inhibited != "" || o.Status != 0 && o.Status != 4 {
		return plan.Confirm, nil
	}
	err = Prove(ctx, v.Health, v.Link, v.Host, v.proof.System)
	var unhealthy *OutcomeError
	switch {
	case errors.As(err, &unhealthy):
		v.proof.Why = "it " + strings.TrimPrefix(err.Error(), "it was activated, but ")
		return plan.Restore, nil
	case err != nil:
		v.Say.Warn(v.proof.Stopped(v.Teller))
		return "", err
	}
	return plan.Confirm, nil
}

// ask logs in anew until the guard has answered, or nobody can be reached for too long. The error is why the run was
// stopped.
func (v *proving) ask(ctx context.Context, want string) error {
	give := v.due.Add(v.Link.Patience())
	for pause := provePause; ; pause = min(2*pause, provePauseMax) {
		for _, through := range v.ways() {
			o, why := v.login(ctx, through, want)
			if cause := context.Cause(ctx); cause != nil && !o.Closed {
				v.Say.Warn(v.proof.Stopped(v.Teller))
				return cause
			}
			if why == "" {
				v.answered(o, want)
				return nil
			}
			v.proof.Why = why
		}
		v.proof.Took = time.Since(v.begun)
		late := time.Now().After(v.due)
		switch {
		case time.Now().After(give):
			v.proof.Outcome.Guard = ""
			return nil
		case late && v.said < 2:
			v.said = 2
			v.Say.Warn(v.proof.Expired(v.Teller))
		case v.said == 0:
			v.said = 1
			v.Say.Warn(v.proof.Waiting(v.Teller))
		}
		if late && want == plan.Look {
			want = plan.Await
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// answered takes over what the host has told. Why there was no proof is told only where it did not come.
func (v *proving) answered(o explain.Outcome, want string) {
	v.proof.Outcome = o
	switch {
	case o.Guard == guard.Restored && !o.Ended && v.armed == nil:
		v.proof.Why = "the activation did not come to its end"
	case o.Guard == guard.Restored && v.said > 0 && v.proof.Why != "":
		v.proof.Why = fmt.Sprintf("no new login came through for %s (%s)", v.proof.Guard.Wait, v.proof.Why)
	}
}

// ways are the hosts as which this one may answer: as it is expected to, and behind the guard's time as it did before,
// too.
func (v *proving) ways() []*decision.Machine {
	expected := v.Job.Guard.Expect
	switch {
	case expected == nil:
		return []*decision.Machine{v.Link.Machine}
	case time.Now().Before(v.due):
		return []*decision.Machine{expected}
	}
	return []*decision.Machine{expected, v.Link.Machine}
}

// login asks the guard by one new login; why says in words what was in its way, and is empty where the guard has
// answered.
func (v *proving) login(ctx context.Context, through *decision.Machine, want string) (o explain.Outcome, why string) {
	step := plan.Prove(v.Job, through, want)
	o, failure, err := v.try(ctx, step, through, nil)
	if known := v.announced(through, failure.Kind); !o.Begun && known != "" {
		o, failure, err = v.try(ctx, step, through, []string{
			"-o", "HostKeyAlias=" + announcedName, "-o", "UserKnownHostsFile=" + known, "-o", "GlobalKnownHostsFile=/dev/null",
		})
	}
	switch {
	case o.Begun && o.Guard != "":
		return o, ""
	case err == nil:
		return o, "it has told nothing of this run"
	case connection.Lost(err):
		return o, cmp.Or(failure.Text, string(failure.Kind))
	}
	return o, err.Error()
}

// try runs the step over a connection of its own, whose log tells why there was none.
func (v *proving) try(ctx context.Context, step plan.Step, through *decision.Machine, more []string) (explain.Outcome, sshcfg.Failure, error) {
	log := v.file(through, "log-prove")
	defer os.Remove(log)
	_ = os.Remove(log)
	step.Command.Argv = slices.Concat([]string{"ssh", "-o", "LogLevel=DEBUG1", "-E", log}, more, step.Command.Argv[1:])
	out, _, err := v.Take(ctx, step, nil)
	var failure sshcfg.Failure
	if err != nil {
		failure = sshcfg.Diagnose(string(nixexec.ReadText(log)))
	}
	return explain.ParseOutcome(out, v.Job.Run), failure, err
}

// file is one of the run's own for a host.
func (v *proving) file(m *decision.Machine, name string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(m.Host.String()))
	return filepath.Join(m.Master.Dir, fmt.Sprintf("%s-%08x", name, sum.Sum32()))
}

// announcedName is the host in the file of the keys that it had before.
const announcedName = "nixhop-announced"

// announced writes the keys that the host told of itself over the connection that was checked, for an ssh that has
// found another one than that on record, or none on record; empty: there is nothing to be written. Where another alias
// stands for a key, that is the one that counts.
func (v *proving) announced(through *decision.Machine, found sshcfg.FailureKind) (path string) {
	if found != sshcfg.HostKeyUnknown && (found != sshcfg.HostKeyChanged || through != v.Link.Machine) {
		return ""
	}
	var lines strings.Builder
	for key := range strings.Lines(v.keys) {
		if key = strings.TrimSpace(key); hostKeyLine.MatchString(key) {
			lines.WriteString(announcedName + " " + key + "\n")
		}
	}
	path = v.file(through, "log-known")
	if lines.Len() == 0 || os.WriteFile(path, []byte(lines.String()), 0o600) != nil {
		return ""
	}
	return path
}

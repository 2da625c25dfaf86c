package phase

import (
	"context"
	"slices"
	"strings"
	"sync"

	"nixhop/rebuild/report"
	"nixhop/rebuild/rollout"
)

// Tally is what has become of the hosts of a run by now.
type Tally struct {
	rollout rollout.Rollout
	hosts   int  // of the run
	alone   bool // there is one, and its error is that of the run

	mu       sync.Mutex
	ended    []report.Ended
	failures int
	halted   bool
	twins    map[string][]string // other names of a host, with which these are done
}

// NewTally counts so many hosts.
func NewTally(o rollout.Rollout, hosts int, alone bool) *Tally {
	return &Tally{rollout: o, hosts: hosts, alone: alone, twins: map[string][]string{}}
}

// Joined makes twin another name of a host: what becomes of that becomes of it, too.
func (t *Tally) Joined(host, twin string) { t.twins[host] = append(t.twins[host], twin) }

// names are all names of a host.
func (t *Tally) names(host string) []string { return append([]string{host}, t.twins[host]...) }

// Stopped says that a host goes no further.
func (t *Tally) Stopped(host string, in report.Phase, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range t.names(host) {
		t.ended = append(t.ended, report.Ended{Host: name, Phase: in, Err: err})
	}
}

// count counts a failure, if it is one.
func (t *Tally) count(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if fails(err, t.rollout) {
		t.failures++
	}
}

// Halt lets nothing further begin, whatever may fail.
func (t *Tally) Halt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.halted = true
}

// Enough reports whether so many hosts have failed that nothing further is begun.
func (t *Tally) Enough() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.halted || t.rollout.Budget.Spent(t.failures, t.hosts)
}

// mayBegin is why a phase of a host is not begun; nil: it is. Nothing of a host is changed any more once enough have
// failed.
func (t *Tally) mayBegin(ctx context.Context, in report.Phase) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if changes := in == report.PhaseCopy || in == report.PhaseActivate; changes && t.Enough() {
		return ErrNotBegun
	}
	return nil
}

// Ended are the hosts that go no further, by phases, and in each in their order.
func (t *Tally) Ended() []report.Ended {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.ended)
}

// SayWhy says what ended each of the hosts that go no further, where that is told at all.
func (t *Tally) SayWhy(say report.Sink) {
	for _, one := range t.Ended() {
		if why := Why(one.Err); why != "" {
			say.Fail(one.Host + ": " + strings.ReplaceAll(why, "\n", "; "))
		}
	}
}

// Outcome is the error of a run in which these hosts are through: a *HostsError, or that of the one host. Hosts
// that were left out because they cannot be reached are none, unless nobody else is left.
func (t *Tally) Outcome(through ...string) error {
	done := 0
	for _, host := range through {
		done += len(t.names(host))
	}
	ended := t.Ended()
	if t.rollout.SkipOffline && !t.alone && done > 0 {
		ended = slices.DeleteFunc(ended, func(e report.Ended) bool { return ResultOf(e.Err) == report.Offline })
	}
	return ending(ended, done, t.alone)
}

// Outcome is the error of the run by what has ended hosts, when these stages of others are through.
func Outcome[Out Host](t *Tally, through []Out) error {
	names := make([]string, len(through))
	for i, h := range through {
		names[i] = h.Name()
	}
	return t.Outcome(names...)
}

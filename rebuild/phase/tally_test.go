package phase

import (
	"errors"
	"testing"

	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
)

// What a run comes to, and whether more is begun, by what has ended its hosts.
func TestTally(t *testing.T) {
	off := &report.CheckError{Findings: []report.Finding{{Name: "host-unreachable", Severity: report.Error, Offline: true}}}
	broken := errors.New("broken")
	skip := rollout.Rollout{SkipOffline: true}
	for _, c := range []struct {
		name    string
		rollout rollout.Rollout
		ended   []error
		through []string
		alone   bool
		status  int
		enough  bool
	}{
		{"all are through", rollout.Rollout{}, nil, []string{"a", "b"}, false, request.ExitDone, false},
		{"one is broken", rollout.Rollout{}, []error{broken}, []string{"b"}, false, request.ExitPartly, true},
		{"one is off", rollout.Rollout{}, []error{off}, []string{"b"}, false, request.ExitPartly, false},
		{"it is left out", skip, []error{off}, []string{"b"}, false, request.ExitDone, false},
		{"all are left out", skip, []error{off, off}, nil, false, request.ExitCheck, false},
		{"one is left out, one broken", skip, []error{off, broken}, []string{"c"}, false, request.ExitPartly, true},
		{"the one host is off", rollout.Rollout{}, []error{off}, nil, true, request.ExitCheck, false},
		{"the one host is to be left out", skip, []error{off}, nil, true, request.ExitCheck, false},
		{"nothing was begun of the rest", rollout.Rollout{}, []error{broken, ErrNotBegun}, nil, false, request.ExitFailed, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tally := NewTally(c.rollout, len(c.ended)+len(c.through), c.alone)
			for _, err := range c.ended {
				tally.count(err)
				tally.Stopped("x", report.PhaseConnect, err)
			}
			if got := Status(tally.Outcome(c.through...)); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			if got := tally.Enough(); got != c.enough {
				t.Errorf("enough: %v", got)
			}
		})
	}
}

// A host that cannot be reached is left out where that was asked for, and else not reached.
func TestLeftOut(t *testing.T) {
	off := &report.CheckError{Findings: []report.Finding{{Name: "host-unreachable", Severity: report.Error, Offline: true}}}
	for skip, want := range map[bool]report.Result{true: report.LeftOut, false: report.Offline} {
		if got := NewTally(rollout.Rollout{SkipOffline: skip}, 2, false).madeOf(nil, off); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// A name that is another one's is done with it, and ends with it.
func TestTallyTwins(t *testing.T) {
	tally := NewTally(rollout.Rollout{}, 3, false)
	tally.Joined("a", "a-too")
	if err := tally.Outcome("a"); err != nil {
		t.Error(err)
	}
	tally.Stopped("a", report.PhaseBuild, errors.New("broken"))
	if got := len(tally.Ended()); got != 2 {
		t.Errorf("%d names have ended", got)
	}
	if tally.Halt(); !tally.Enough() {
		t.Error("it goes on")
	}
}

package phase

import (
	"errors"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
)

// HostsError is what ended hosts of a run of several.
type HostsError struct {
	Ended []report.Ended
	Done  int // hosts that are through
}

// Error counts the hosts.
func (e *HostsError) Error() string {
	left := 0
	for _, host := range e.Ended {
		if errors.Is(host.Err, ErrNotBegun) {
			left++
		}
	}
	text := report.CountOf(len(e.Ended)-left, "host") + " went no further"
	if left > 0 {
		text += fmt.Sprintf(", %d not finished for that", left)
	}
	if e.Done > 0 {
		text += fmt.Sprintf(", %d done", e.Done)
	}
	return text
}

// Unwrap returns the errors of the hosts.
func (e *HostsError) Unwrap() []error {
	all := make([]error, len(e.Ended))
	for i, host := range e.Ended {
		all[i] = host.Err
	}
	return all
}

// ErrNotBegun is what ends a host of which nothing further was begun, because others have failed before.
var ErrNotBegun = errors.New("not begun: other hosts have failed before")

// fails reports whether an error is a failure of its host, as far as many of those are too many.
func fails(err error, o rollout.Rollout) bool {
	switch {
	case err == nil || errors.Is(err, ErrNotBegun):
		return false
	case check.Offline(err):
		return o.Budget.Offline() && !o.SkipOffline
	}
	return true
}

// ending is the error of a run by what ended its hosts, and by how many are through; nil: nothing ended any. That of a
// host that is alone is its own.
func ending(ended []report.Ended, done int, alone bool) error {
	switch {
	case len(ended) == 0:
		return nil
	case alone:
		return ended[0].Err
	}
	return &HostsError{Ended: slices.Clone(ended), Done: done}
}

// Findings are what ended hosts, as findings about each. An error is no host's fault: the command line, a program that
// is not there, or the user.
func Findings(ended []report.Ended) (map[string][]report.Finding, error) {
	found := map[string][]report.Finding{}
	for _, host := range ended {
		var refused *report.CheckError
		var usage *request.UsageError
		var missing *nixexec.NotFoundError
		switch {
		case errors.As(host.Err, &refused):
			found[host.Host] = refused.Findings
		case nixexec.Interrupted(host.Err) || errors.As(host.Err, &usage) || errors.As(host.Err, &missing):
			return nil, host.Err
		default:
			found[host.Host] = []report.Finding{check.Failed(host.Host, host.Phase, host.Err)}
		}
	}
	return found, nil
}

// ResultOf is what an error makes of a host, or of a phase of it.
func ResultOf(err error) report.Result {
	var refused *report.CheckError
	var outcome *remote.OutcomeError
	switch {
	case err == nil:
		return report.Done
	case errors.Is(err, ErrNotBegun):
		return report.NotBegun
	case errors.As(err, &outcome):
		return outcome.Result
	case nixexec.Interrupted(err):
		return report.Interrupted
	case check.Offline(err):
		return report.Offline
	case errors.As(err, &refused):
		return report.Refused
	}
	return report.Failed
}

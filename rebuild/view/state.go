package view

import (
	"slices"
	"strings"
	"time"

	"nixhop/rebuild/report"
)

// Stage is where a host of a run is.
type Stage int

// The stages.
const (
	Waiting Stage = iota // for its turn, or for the others
	Working              // in a phase
	Over                 // it goes no further
)

// Host is what is known of one host of a run.
type Host struct {
	Name    string
	Stage   Stage
	Phase   report.Phase  // the last one that it has begun
	Began   time.Time     // its first phase; zero: none
	Since   time.Time     // that phase, or when it came to its end
	Result  report.Result // of the last phase that it went through
	Why     string        // that phase ended it; empty: that was said otherwise
	Change  report.Change
	Told    []report.Event // what was found and said of it, for its end
	Printed bool           // it has printed anything at all
	Log     string         // the file that its whole output is kept in; empty: none

	through bool     // it has gone through the last phase: what is looked at behind that can only spoil it
	last    []string // of the lines that it has printed in this phase
}

// lastLines is how many lines of a host are kept for its end, lastBytes how much of each.
const (
	lastLines = 10
	lastBytes = 4 << 10
)

// Line is the last line that it has printed in this phase, as it came.
func (h *Host) Line() string {
	if len(h.last) == 0 {
		return ""
	}
	return h.last[len(h.last)-1]
}

// Failed reports whether it has come to an end that it should not have come to.
func (h *Host) Failed() bool {
	return h.Stage == Over && !slices.Contains([]report.Result{report.Done, report.Unchanged, report.LeftOut}, h.Result)
}

// leftOut reports whether it could not be reached, and is no failure for that.
func (h *Host) leftOut() bool { return h.Stage == Over && h.Result == report.LeftOut }

// stopped reports whether it has come to an end before its last phase.
func (h *Host) stopped() bool { return h.Failed() || h.leftOut() }

// State is a run of many hosts as its events tell it. Nothing of it is bounded by what hosts print.
type State struct {
	Action string
	Last   report.Phase // behind which a host has come to its end
	Began  time.Time
	Hosts  []*Host // in the order of the run

	named  map[string]*Host
	pieces report.Pieces
}

// Take adds an event.
func (s *State) Take(e report.Event) {
	if e.Kind == report.Begun {
		s.Action, s.Last, s.Began = e.Text, e.Phase, e.Time
		for _, name := range e.Hosts {
			s.host(name)
		}
	}
	if e.Host == "" {
		return
	}
	h := s.host(e.Host)
	switch e.Kind {
	case report.Started:
		if h.Began.IsZero() {
			h.Began = e.Time
		}
		h.Stage, h.Phase, h.Since, h.last = Working, e.Phase, e.Time, nil
	case report.Output:
		h.Printed = true
		h.print(s.pieces.Add(h.Name, e.Text))
	case report.Passed:
		h.print(s.pieces.End(h.Name))
		if healthy := e.Phase == report.PhaseHealth && e.Result == report.Done; !healthy { // it stays what it has become before
			h.Result = e.Result
		}
		h.Phase, h.Why, h.Since, h.Stage = e.Phase, e.Text, e.Time, Waiting
		well := h.Result == report.Done || h.Result == report.Unchanged
		if h.through = h.through || h.Phase == s.Last; h.through || !well {
			h.Stage = Over
		}
	case report.Changed:
		if only := (report.Change{Reboot: e.Change.Reboot}); *e.Change == only {
			h.Change.Reboot = e.Change.Reboot // behind a boot
		} else {
			h.Change = *e.Change
		}
	}
}

// Deploys reports whether the run does something for its hosts; else what it tells of them is its result.
func (s *State) Deploys() bool { return deploys(s.Last) }

// deploys reports whether a run whose last phase this is does something for its hosts.
func deploys(last report.Phase) bool {
	return last == report.PhaseActivate || last == report.PhaseHealth
}

// begun reports whether any host has begun a phase: else there is nothing to be told of any.
func (s *State) begun() bool {
	return slices.ContainsFunc(s.Hosts, func(h *Host) bool { return !h.Began.IsZero() })
}

// activates reports whether what it does is to be activated.
func (s *State) activates() bool {
	return slices.Contains([]string{"switch", "boot", "test", "dry-activate"}, s.Action)
}

// host is one of the run; a new one where there was none of that name.
func (s *State) host(name string) *Host {
	h := s.named[name]
	if h == nil {
		h = &Host{Name: name}
		if s.named == nil {
			s.named = map[string]*Host{}
		}
		s.named[name], s.Hosts = h, append(s.Hosts, h)
	}
	return h
}

// print keeps the last ones of whole lines.
func (h *Host) print(lines string) {
	all := slices.Collect(splitLines(lines))
	for _, line := range all[max(0, len(all)-lastLines):] {
		h.last = append(h.last, strings.Clone(line[:min(len(line), lastBytes)])) // of a text that may be long
	}
	if more := len(h.last) - lastLines; more > 0 {
		h.last = slices.Delete(h.last, 0, more)
	}
}

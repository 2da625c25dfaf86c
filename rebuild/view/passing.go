package view

import (
	"sync"
	"time"

	"nixhop/rebuild/report"
)

// Passing tells somebody at the terminal how far a run of one host is, in lines of its own: each phase that took a
// second or more with its time, when it is over. There is nothing to be drawn, for the terminal is the children's. A
// nil Passing tells nothing.
type Passing struct {
	Action string
	Say    func(sentence string)

	mu     sync.Mutex
	phase  string // that goes on; empty: none
	began  time.Time
	paused time.Time // since when somebody is asked; zero: nobody is
	built  bool      // nixhop builds, so that the activation is nothing else
	slow   *time.Timer
}

// shortest is the least time that a phase is told for; an evaluation, in which nothing is to be seen, is told of when
// it has gone on so long.
const shortest = time.Second

// take takes an event.
func (p *Passing) take(e report.Event) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.Kind == report.Started:
		p.start(e)
	case e.Kind == report.Ran && p.phase == string(report.PhaseEvaluate):
		// The evaluation goes on until its derivation is wanted, behind all checks.
		p.end(e.Time)
		p.begin(p.doing(report.PhaseBuild), e.Time)
	case e.Kind == report.Passed && e.Result != report.Done && e.Result != report.Unchanged:
		p.stop()
	case e.Kind == report.Passed && e.Phase != report.PhaseEvaluate && e.Phase != report.PhaseCheck:
		p.end(e.Time)
	case e.Kind == report.Paused:
		p.hush()
		p.paused = e.Time
	case e.Kind == report.Resumed && !p.paused.IsZero():
		p.began, p.paused = p.began.Add(e.Time.Sub(p.paused)), time.Time{}
	}
}

// start is with the lock held.
func (p *Passing) start(e report.Event) {
	switch e.Phase {
	case report.PhaseEvaluate:
		p.begin(string(e.Phase), e.Time)
		p.slow = time.AfterFunc(shortest, p.evaluating)
	case report.PhaseBuild:
		p.built = true // which begins with the end of the evaluation
	case report.PhaseActivate:
		if p.phase != string(report.PhaseEvaluate) {
			p.begin(p.doing(e.Phase), e.Time)
		}
	case report.PhaseConnect, report.PhaseCopy, report.PhaseHealth:
		p.begin(string(e.Phase), e.Time)
	}
}

// doing is what goes on behind the evaluation: what a nixos-rebuild does is all of the action. It is with the lock
// held.
func (p *Passing) doing(in report.Phase) string {
	if p.built {
		return string(in)
	}
	return p.Action
}

// begin is with the lock held.
func (p *Passing) begin(phase string, now time.Time) { p.phase, p.began = phase, now }

// end is with the lock held.
func (p *Passing) end(now time.Time) {
	if lasted := now.Sub(p.began); p.phase != "" && lasted >= shortest {
		p.Say(p.phase + " took " + took(lasted))
	}
	p.stop()
}

// stop is with the lock held.
func (p *Passing) stop() {
	p.phase = ""
	p.hush()
}

// hush says nothing more of an evaluation that goes on, with the lock held.
func (p *Passing) hush() {
	if p.slow != nil {
		p.slow.Stop()
		p.slow = nil
	}
}

// evaluating says what is being waited for.
func (p *Passing) evaluating() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.slow != nil {
		p.Say("evaluating the configuration")
	}
}

// close ends it.
func (p *Passing) close() {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stop()
	}
}

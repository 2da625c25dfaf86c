package view

import (
	"slices"
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/report"
)

// at is an event so many seconds after a run has begun.
func at(seconds float64, e report.Event) report.Event {
	e.Time = time.Unix(1_700_000_000, 0).Add(time.Duration(seconds * float64(time.Second)))
	e.Host = "web"
	return e
}

func started(seconds float64, in report.Phase) report.Event {
	return at(seconds, report.Event{Kind: report.Started, Phase: in})
}

func passed(seconds float64, in report.Phase, result report.Result) report.Event {
	return at(seconds, report.Event{Kind: report.Passed, Phase: in, Result: result})
}

func kind(seconds float64, k report.Kind) report.Event { return at(seconds, report.Event{Kind: k}) }

// Of one host each phase that takes a second is told with its time: an evaluation to the moment when something is done
// with it, a question not at all, and what a nixos-rebuild does under the name of the action.
func TestPassing(t *testing.T) {
	upTo := []report.Event{
		started(0, report.PhaseLocate), passed(0.1, report.PhaseLocate, report.Done),
		started(0.1, report.PhaseConnect), passed(1.3, report.PhaseConnect, report.Done),
		started(1.3, report.PhaseDecide), kind(1.3, report.Paused), kind(9.3, report.Resumed), passed(9.3, report.PhaseDecide, report.Done),
		started(9.3, report.PhaseEvaluate), passed(10, report.PhaseEvaluate, report.Done),
		started(10, report.PhaseCheck), passed(10.1, report.PhaseCheck, report.Done),
	}
	for name, c := range map[string]struct {
		events []report.Event
		want   []string
	}{
		"own steps": {[]report.Event{
			started(10.1, report.PhaseBuild), kind(16, report.Ran), kind(80, report.Ran), passed(81, report.PhaseBuild, report.Done),
			started(81, report.PhaseCopy), kind(81, report.Ran), passed(81.9, report.PhaseCopy, report.Done),
			started(82, report.PhaseActivate), kind(82, report.Ran), passed(94.5, report.PhaseActivate, report.Done),
			started(94.5, report.PhaseHealth), passed(97, report.PhaseHealth, report.Done),
		}, []string{"connect took 1s", "evaluate took 6s", "build took 1m05s", "activate took 12s", "health took 2s"}},
		"by nixos-rebuild": {[]report.Event{
			started(10.1, report.PhaseActivate), kind(12, report.Ran), passed(60, report.PhaseActivate, report.Done),
		}, []string{"connect took 1s", "evaluate took 2s", "switch took 48s"}},
		"unchanged": {[]report.Event{
			started(10.1, report.PhaseBuild), passed(12.5, report.PhaseBuild, report.Done),
			started(12.5, report.PhaseCopy), passed(12.5, report.PhaseCopy, report.Done),
			started(12.5, report.PhaseActivate), passed(12.6, report.PhaseActivate, report.Unchanged),
		}, []string{"connect took 1s", "evaluate took 3s"}},
		"a build that fails": {[]report.Event{
			started(10.1, report.PhaseBuild), kind(10.2, report.Ran), passed(60, report.PhaseBuild, report.Failed),
		}, []string{"connect took 1s"}},
		"a question in an activation": {[]report.Event{
			started(10.1, report.PhaseActivate), kind(10.1, report.Ran), kind(11, report.Paused), kind(30, report.Resumed),
			passed(31, report.PhaseActivate, report.Done),
		}, []string{"connect took 1s", "switch took 1s"}},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			p := &Passing{Action: "switch", Say: func(text string) { told = append(told, text) }}
			for _, e := range slices.Concat(upTo, c.events) {
				p.take(e)
			}
			p.close()
			if !slices.Equal(told, c.want) {
				t.Errorf("told:\n%s", strings.Join(told, "\n"))
			}
		})
	}
}

// What is evaluated for long is said while it goes on, unless somebody is asked something.
func TestPassingEvaluation(t *testing.T) {
	told := make(chan string, 9)
	p := &Passing{Action: "switch", Say: func(text string) { told <- text }}
	p.take(started(0, report.PhaseEvaluate))
	if text := <-told; text != "evaluating the configuration" {
		t.Errorf("told %q", text)
	}
	for _, hushed := range []report.Kind{report.Paused, report.Ran} {
		p.take(started(0, report.PhaseEvaluate))
		p.take(kind(0.5, hushed))
		p.evaluating()
	}
	p.close()
	if len(told) > 0 {
		t.Errorf("told %q", <-told)
	}
}

// A run of many hosts has a view.
func TestPassingOfMany(t *testing.T) {
	out, _ := paper(t)
	err, shown := paper(t)
	c := &Console{Plain: plainTo(out, err), Passing: &Passing{Action: "switch", Say: func(text string) { t.Errorf("told %q", text) }}}
	renderAll(t, c, []report.Event{
		{Kind: report.Begun, Text: "switch", Phase: report.PhaseActivate, Hosts: []string{"web", "db"}},
		started(0, report.PhaseConnect), passed(9, report.PhaseConnect, report.Done),
	})
	if !strings.Contains(shown(), "not activated") {
		t.Errorf("shown: %s", shown())
	}
}

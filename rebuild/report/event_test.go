package report

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// Events are rendered in the order in which they are said, each before Say returns: the slice needs no lock.
func TestStreamOrder(t *testing.T) {
	var rendered []string
	s := NewStream(func(e Event) error {
		rendered = append(rendered, e.Text)
		return nil
	})
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprint(i))
		s.Say(Event{Text: want[i]})
		if !slices.Equal(rendered, want) {
			t.Fatalf("after %s: rendered %q", want[i], rendered)
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// However many say something at a time, it is rendered from one goroutine: the race detector sees to that.
func TestStreamFromEverywhere(t *testing.T) {
	rendered := map[string]int{}
	s := NewStream(func(e Event) error {
		rendered[e.Host]++
		return nil
	})
	var wait sync.WaitGroup
	for host := range 8 {
		wait.Go(func() {
			for range 50 {
				s.Say(Event{Host: fmt.Sprint(host)})
			}
		})
	}
	wait.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for host := range 8 {
		if n := rendered[fmt.Sprint(host)]; n != 50 {
			t.Errorf("%d events of host %d, want 50", n, host)
		}
	}
}

// The first error of the renderer is kept, and what comes behind it is rendered all the same.
func TestStreamKeepsTheFirstError(t *testing.T) {
	first, second := errors.New("no space left"), errors.New("still none")
	answers := []error{nil, first, nil, second, nil}
	n := 0
	s := NewStream(func(Event) error {
		n++
		return answers[n-1]
	})
	for range answers {
		s.Say(Event{})
	}
	if err := s.Close(); err != first || n != len(answers) {
		t.Errorf("%v after %d events", err, n)
	}
}

func TestStreamTime(t *testing.T) {
	var got time.Time
	s := NewStream(func(e Event) error {
		got = e.Time
		return nil
	})
	s.Say(Event{})
	if got.IsZero() {
		t.Error("an event has no time")
	}
	at := time.Unix(1700000000, 0)
	s.Say(Event{Time: at})
	if !got.Equal(at) {
		t.Errorf("the time of an event became %s", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// The terminal is left alone only when it was said for what, and until it is given back.
func TestLend(t *testing.T) {
	var kinds []Kind
	done := Sink(func(e Event) { kinds = append(kinds, e.Kind) }).Lend("web")
	if want := []Kind{Said, Paused}; !slices.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
	done()
	if want := []Kind{Said, Paused, Resumed}; !slices.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}

// How far the checks are is told of several hosts, and nothing else that is an event.
func TestSinkOfChecks(t *testing.T) {
	for alone, want := range map[bool][]Kind{true: nil, false: {Begun, Output}} {
		var kinds []Kind
		say := Sink(func(e Event) { kinds = append(kinds, e.Kind) }).OfChecks(alone)
		for _, kind := range []Kind{Begun, Said, Found, Output, Printed} {
			say(Event{Kind: kind})
		}
		if !slices.Equal(kinds, want) {
			t.Errorf("alone %v: %v, want %v", alone, kinds, want)
		}
	}
}

// Every finding is said, and any ends the run.
func TestSinkRefuse(t *testing.T) {
	for _, c := range []struct {
		found []Finding
		ends  bool
	}{
		{nil, false},
		{[]Finding{{Name: "a", Severity: Note}}, true},
		{[]Finding{{Name: "a", Severity: Note}, {Name: "b", Severity: Error}}, true},
	} {
		var said []string
		err := Sink(func(e Event) { said = append(said, e.Finding.Name) }).Refuse(c.found)
		if (err != nil) != c.ends || len(said) != len(c.found) {
			t.Errorf("%v: said %q, %v", c.found, said, err)
		}
	}
}

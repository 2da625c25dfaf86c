package report

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"nixhop/nixexec"
)

// Kind is what an event tells of.
type Kind string

// The kinds of events.
const (
	Begun   Kind = "begun"   // a run of many hosts: from now on the lines of each bear its name
	Started Kind = "started" // a host begins a phase
	Output  Kind = "output"  // something that a program printed
	Ran     Kind = "ran"     // a command that is about to run
	Found   Kind = "found"   // a finding
	Said    Kind = "said"    // a sentence of nixhop's own
	Printed Kind = "printed" // a result, for standard output
	Passed  Kind = "passed"  // a host has gone through a phase, or goes no further
	Changed Kind = "changed" // what an activation has made of a host
	Preview Kind = "preview" // what an activation would make of hosts
	Paused  Kind = "paused"  // somebody else has the terminal from now on: a question, or a child
	Resumed Kind = "resumed" // it is given back
)

// Event is one thing that happened. A renderer gets them in order, from one goroutine.
type Event struct {
	Time    time.Time
	Host    string // as typed; empty: the whole run
	Phase   Phase  // of Begun: the last one of all
	Kind    Kind
	Level   slog.Level // of Said
	Text    string     // of Output and Printed, with its line breaks; of Ran, quoted for a shell; of Said; of Begun, the action; of Passed, why a host goes no further, where that was not said; of Preview, in lines
	Finding *Finding   // of Found
	Remedy  []string   // of Found: its remedies, as lines
	Result  Result     // of Passed
	Change  *Change    // of Changed
	Hosts   []string   // of Begun: all of them, in the order of the run; of Preview: those that it is about
}

// Change is what an activation has changed on a host. What nobody has told is empty, zero or Unsaid.
type Change struct {
	FromGeneration, ToGeneration int
	FromVersion, ToVersion       string // of NixOS
	Reboot                       Answer // whether the host runs the new system's kernel, initrd, modules or systemd only after a reboot
}

// Answer is a yes or a no. Its zero value is that nobody has said.
type Answer string

// The answers.
const (
	Unsaid Answer = ""
	Yes    Answer = "yes"
	No     Answer = "no"
)

// Sink takes events; it may be called from any goroutine, and returns when the event was rendered: whoever gives the
// terminal to a child then finds it quiet.
type Sink func(Event)

// Info says sentences about what goes on; an empty one is none.
func (s Sink) Info(texts ...string) { s.say(slog.LevelInfo, texts) }

// Warnings says sentences about what may be wrong; an empty one is none.
func (s Sink) Warnings(texts ...string) { s.say(slog.LevelWarn, texts) }

func (s Sink) say(level slog.Level, texts []string) {
	for _, text := range texts {
		if text != "" {
			s(Event{Kind: Said, Level: level, Text: text})
		}
	}
}

// Warn says a sentence about what may be wrong.
func (s Sink) Warn(text string) { s(Event{Kind: Said, Level: slog.LevelWarn, Text: text}) }

// Fail says a sentence about what went wrong.
func (s Sink) Fail(text string) { s(Event{Kind: Said, Level: slog.LevelError, Text: text}) }

// Lesser says an error that ends nothing, in one line; nil: there is none.
func (s Sink) Lesser(err error) {
	if err != nil {
		s.Warn(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
}

// Print is a result, for standard output.
func (s Sink) Print(text string) { s(Event{Kind: Printed, Text: text}) }

// Output is what a program has printed.
func (s Sink) Output(text string) { s(Event{Kind: Output, Text: text}) }

// Find says a finding, with its remedies as they are to be called.
func (s Sink) Find(f Finding, call Call) {
	s(Event{Kind: Found, Finding: &f, Remedy: call.Lines(f.Remedy)})
}

// Changed tells what was changed on a host, where something is known of that.
func (s Sink) Changed(change Change) {
	if change != (Change{}) {
		s(Event{Kind: Changed, Change: &change})
	}
}

// PrintSystem prints the store path of a system; of a dry run on a build host it is whatever the host printed, and no
// result then.
func (s Sink) PrintSystem(path string) {
	if nixexec.StorePath.MatchString(path) {
		s.Print(path + "\n")
	}
}

// For is the sink for what belongs to a host, as it was typed.
func (s Sink) For(host string) Sink {
	return func(e Event) {
		if e.Host == "" {
			e.Host = host
		}
		s(e)
	}
}

// Pause takes the terminal away from whoever shows the run there, until resume is called: for a question about a host,
// or a child that asks itself. When it returns the terminal is quiet.
func (s Sink) Pause() (resume func()) {
	s(Event{Kind: Paused})
	return func() { s(Event{Kind: Resumed}) }
}

// Lend gives the terminal to ssh, for what it asks about one of many hosts, until done is called.
func (s Sink) Lend(host string) (done func()) {
	s.Info("ssh has a question about " + host)
	return s.Pause()
}

// Refuse says findings that stop a run, without a call that would mend them; the error is that of Refuse.
func (s Sink) Refuse(found []Finding) error {
	for _, f := range found {
		s(Event{Kind: Found, Finding: &f})
	}
	return Refuse(found)
}

// OfChecks is the sink of a run that only checks: of several hosts it tells how far they are, of one nothing.
func (s Sink) OfChecks(alone bool) Sink {
	if alone {
		return func(Event) {}
	}
	return s.Only(Begun, Started, Output, Passed)
}

// Only is the sink that takes events of these kinds alone.
func (s Sink) Only(kinds ...Kind) Sink {
	return func(e Event) {
		if slices.Contains(kinds, e.Kind) {
			s(e)
		}
	}
}

// Result is what came of a host, or of one phase of it.
type Result int

// The results.
const (
	Done        Result = iota
	Unchanged          // there was nothing to do
	Refused            // a check failed: nothing was built
	Offline            // it cannot be reached: nothing was built
	LeftOut            // likewise, and such hosts are to be left out: that is no failure
	Failed             // nothing was activated
	Units              // activated, some units failed
	HalfDone           // the activation ended in the middle
	Unhealthy          // activated, but it does not do what it is for
	RolledBack         // activated, then back
	Unknown            // the host is not reached any more
	Interrupted        // by a signal
	NotBegun           // others have failed before
)

// String is the result in a table and in JSON.
func (r Result) String() string {
	switch r {
	case Done:
		return "done"
	case Unchanged:
		return "unchanged"
	case Refused:
		return "refused"
	case Failed:
		return "failed"
	case Units:
		return "units failed"
	case HalfDone:
		return "half done"
	case RolledBack:
		return "rolled back"
	case Offline, LeftOut:
		return "not reached"
	case Unhealthy:
		return "not healthy"
	case NotBegun:
		return "not begun"
	case Interrupted:
		return "stopped"
	default:
		return "unknown"
	}
}

// Ended is a host that goes no further.
type Ended struct {
	Host  string
	Phase Phase
	Err   error
}

// Stream hands events to a renderer, one after another, from one goroutine.
type Stream struct {
	events chan rendering
	ended  chan struct{}
	err    error // the first one of the renderer; valid once ended
	once   sync.Once
}

// rendering is an event, and where to say that it was rendered.
type rendering struct {
	event Event
	done  chan struct{}
}

// NewStream begins to hand events to render. Its first error is kept for Close: what can be written nowhere must not
// pass for written.
func NewStream(render func(Event) error) *Stream {
	s := &Stream{events: make(chan rendering), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		for r := range s.events {
			if err := render(r.event); err != nil && s.err == nil {
				s.err = err
			}
			close(r.done)
		}
	}()
	return s
}

// Say is the stream's Sink. It must not be called once the stream was closed.
func (s *Stream) Say(e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	r := rendering{e, make(chan struct{})}
	s.events <- r
	<-r.done
}

// Close waits for the last event and returns the first error of the renderer.
func (s *Stream) Close() error {
	s.once.Do(func() { close(s.events) })
	<-s.ended
	return s.err
}

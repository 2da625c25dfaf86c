package rebuild

import (
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/beside"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/preview"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// The stages of one host. Each is made from the one before it, by the one function that is named in its comment, and
// is never changed after that: a host that was not checked cannot be built, for it has not got the type.
type (
	// Placed says what is to be deployed, from where, and where it is built (place).
	Placed struct {
		Target  *source.Target  // nil: this machine
		Request request.Request // of this host alone
		Place   decision.Place
		Source  source.Source
	}

	// Located says what ssh makes of the names (locate).
	Located struct {
		Placed
		Machine *decision.Machine // the target, where it takes part
		Builder *decision.Machine // the build host; nil: here; the same as Machine where that builds for itself
		Sketch  decision.Decision // as far as it can be made without a look
		Found   []report.Finding  // by then; each stage has what was found up to it

		Expected *decision.Machine // as what the target answers once it was activated; nil: as before
	}

	// Connected has a connection to each machine, and what they have told of themselves (connect).
	Connected struct {
		Located
		Link, BuildLink *connection.Link
		On, At          *facts.Host
		ahead           *evaluation.Evaluation // that was begun while ssh connected; nil: none
	}

	// Decided says who does the work and how, and of which configuration (decide).
	Decided struct {
		Connected
		Decision decision.Decision
		Password nixexec.Secret // for sudo on the target; it goes to standard input and nowhere else
		Choice   source.Configuration
		Wanted   source.Wanted
		Found    []report.Finding
		between  connection.Way // from a third build host to the target
	}

	// Told knows what the configuration says of itself (tell). Nix may be at work on it still.
	Told struct {
		Decided
		Facts      source.Facts
		Settings   []source.Setting       // that the flake may make for Nix
		Evaluation *evaluation.Evaluation // to the derivation; nil: nobody but nixos-rebuild needs it
	}

	// Checked has passed every check (check).
	Checked struct {
		Told
		Between  *sshcfg.Host  // how a third build host reaches the target itself; nil: through here
		Emulate  string        // a system that the build host is told to build for, too
		Trip     time.Duration // what a round trip takes to where a nixos-rebuild copies; 0: nobody measured
		Emulated facts.Answer  // it was seen to run programs of that system; Unsaid: nobody looked
		Found    []report.Finding
	}

	// Built has its system where it was built (build).
	Built struct {
		Checked
		System    string // its store path; empty: nothing was built, or it is the generation before
		Unchanged bool   // it is on its host already, and there is nothing to build, to copy or to activate
	}

	// Copied has it where it is activated (copy).
	Copied struct {
		Built
		preview *preview.Preview // what the activation would change; nil: nobody wants to know, or nothing is activated
		beside  beside.Ready     // what it gets with its activation
	}

	// Activated runs it, or boots it next (activate, or whole).
	Activated struct {
		Checked
		System    string // its store path; empty: nobody has told
		Unchanged bool
		Proved    bool // by its guard, which has asked whether it is healthy, too
	}

	// Healthy does what it is for, as far as somebody has said how that is seen (prove).
	Healthy struct{ Activated }
)

// NothingToDo reports whether there was nothing to activate.
func (a Activated) NothingToDo() bool { return a.Unchanged }

// seen is what the activation would change.
func (c Copied) seen() *preview.Preview { return c.preview }

// Name is the host as typed, or "here".
func (p Placed) Name() string { return p.Target.Word() }

// call is how the host was asked for, for the commands that are offered.
func (p Placed) call() report.Call { return p.Request.Call(p.Place.Host) }

// target is the target as ssh takes it; empty: this machine.
func (p Placed) target() string { return p.Target.SSH() }

// third reports whether the system is built neither here nor where it is activated.
func (l Located) third() bool { return l.Machine != nil && l.Builder != nil && l.Builder != l.Machine }

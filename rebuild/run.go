package rebuild

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"sync"

	"nixhop/nixexec/tty"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Run is what the hosts of a run share.
type Run struct {
	Session
	inventory sshcfg.Inventory
	net       *remote.Network
	installed decision.Installed
	checking  bool // this is no deployment, only its checks: they are no events
	alone     bool // there is one host, and the terminal is its children's
	evaluator source.Evaluator

	names    func() ([]string, error)         // the flake's configurations; looked up once, nobody is asked
	settings func() ([]source.Setting, error) // what it sets for Nix
	look     *looking

	mu    sync.Mutex
	ended []report.Ended
}

// named is a stage of a host.
type named interface{ Name() string }

// newRun prepares a run: it places every host, and the connections to them. A configuration takes one processor and up
// to a GB of memory while it is evaluated, and two of them share nothing: as many are evaluated at a time as there are
// processors.
func (s Session) newRun(
	ctx context.Context, r request.Request, src source.Source, inv sshcfg.Inventory, targets []*source.Target, checking bool,
) (*Run, []Placed, error) {
	run := &Run{
		Session: s, inventory: inv, checking: checking, alone: len(targets) < 2 && !r.Watched(),
	}
	if !run.alone {
		run.Ask, run.Pass = remote.Nobody{}, remote.Nobody{}
	}
	if !tty.Is(s.Stdio.In) && !request.Converses(r) {
		run.Stdio.In = nil // it may be the list of hosts of a loop around us
	}
	if checking {
		run.Stdio.Err, run.Say = nil, s.Say.Only(report.Begun, report.Started, report.Output, report.Passed)
		if run.alone {
			run.Say = func(report.Event) {}
		}
	}
	run.evaluator = source.Evaluator{
		Stdio: run.Stdio, Alone: run.alone, Asks: run.somebody(), Turns: make(chan struct{}, runtime.NumCPU()),
		Again: func() { run.Say.Info("evaluating once more, for nix had nobody to ask") },
		Kept:  source.Keep(ctx, src, r, s.Dir, s.Env),
	}
	s.sayFound(src)
	run.names = sync.OnceValues(func() ([]string, error) { return run.evaluator.Kept.Names(ctx, src, r) })
	run.settings = sync.OnceValues(func() ([]source.Setting, error) { return src.Settings(ctx, r, s.Dir) })
	path, err := decision.FindNixosRebuild(r.NixosRebuild, s.Env("PATH"), s.Self, s.Env(decision.StartedMark))
	run.installed = decision.Installed{Err: err}
	if err == nil {
		run.installed.Dialect = decision.ReadDialect(path)
	}
	placed, hosts, err := s.place(r, src, inv, targets)
	if err != nil {
		return nil, nil, err
	}
	run.begin(r, placed)
	run.net, err = remote.NewNetwork(ctx, remote.Options{
		Config: r.SSHConfig, SSHOpts: s.Env("NIX_SSHOPTS"), ConnectTimeout: r.ConnectTimeout, AcceptNew: r.AcceptNew,
		Batch: !run.alone, Stdio: run.Stdio,
		Pairs: slices.ContainsFunc(placed, func(p Placed) bool { return !p.Place.Here && !p.Place.Target }),
	}, hosts)
	return run, placed, err
}

// begin tells which hosts there are, where there are many.
func (r *Run) begin(wanted request.Request, hosts []Placed) {
	if r.alone || wanted.Plan {
		return
	}
	action := wanted.Action
	if r.checking {
		action = "check"
	}
	names := make([]string, len(hosts))
	for i, p := range hosts {
		names[i] = p.Name()
	}
	r.Say(report.Event{Kind: report.Begun, Text: action, Hosts: names})
}

// place decides where each host's system is built, and names the hosts of the run. Many hosts are deployed by nixhop's
// own steps.
func (s *Session) place(r request.Request, src source.Source, inv sshcfg.Inventory, targets []*source.Target) (placed []Placed, hosts []sshcfg.Host, err error) {
	own, _ := os.Hostname()
	isAlias := func(name string) bool { _, found := inv.Find(name); return found }
	for _, text := range decision.AmbiguousBuildHosts(r, targets, own, isAlias) {
		s.Say.Info(text)
	}
	if isAlias(own) {
		own = ""
	}
	if len(targets) > 1 || r.Watched() {
		r.Engine = request.EngineNative
		r.JSON = r.JSON && !r.Events()
	}
	for _, t := range targets {
		p := Placed{Target: t, Request: r, Source: src}
		if t != nil {
			p.Request = r.For(t.Selector)
			p.Request.Hinted = t.Hints.Allow
			for _, text := range t.Complaints() {
				s.Say.Warn(text)
			}
			hosts = append(hosts, t.Host)
		}
		if p.Place, err = decision.PlaceBuild(r, t, own); err != nil {
			return nil, nil, err
		}
		if !p.Place.Here && !p.Place.Target {
			hosts = append(hosts, p.Place.Host)
		}
		placed = append(placed, p)
	}
	return placed, hosts, nil
}

// close ends what the run has begun, and every connection.
func (r *Run) close() { r.net.Close() }

// Limits of how many hosts go through a phase side by side.
const (
	resolves = 4 // ssh -G
	checks   = 8 // connections, and what is looked at over them

	copies      = 5  // of systems
	activations = 10 // at a time
)

// each takes hosts through one phase, at most limit at a time, and returns those that go on, in their order. What
// ended the others is kept, in their order, too.
func each[In, Out named](ctx context.Context, r *Run, phase report.Phase, limit int, hosts []In, do func(context.Context, In) (Out, error)) []Out {
	type passed struct {
		out Out
		err error
	}
	all := make([]passed, len(hosts))
	turn := make(chan struct{}, max(limit, 1))
	var wait sync.WaitGroup
	for i, h := range hosts {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			if err := context.Cause(ctx); err != nil {
				all[i].err = err
				return
			}
			r.Say(report.Event{Host: h.Name(), Phase: phase, Kind: report.Started})
			all[i].out, all[i].err = do(ctx, h)
			r.Say(report.Event{Host: h.Name(), Phase: phase, Kind: report.Passed, Result: remote.ResultOf(all[i].err), Text: remote.Why(all[i].err)})
		})
	}
	wait.Wait()
	var on []Out
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, p := range all {
		if p.err != nil {
			r.ended = append(r.ended, report.Ended{Host: hosts[i].Name(), Phase: phase, Err: p.err})
			continue
		}
		on = append(on, p.out)
	}
	return on
}

// stops reports whether a host has ended: then nothing further is begun.
func (r *Run) stops() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ended) > 0
}

// outcome is the error of the run.
func (r *Run) outcome() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case len(r.ended) == 0:
		return nil
	case r.alone:
		return r.ended[0].Err
	}
	return &remote.HostsError{Ended: slices.Clone(r.ended)}
}

// report says what was found about a host, the worst first, and returns a *report.CheckError where something of it
// stops the run.
func (r *Run) report(p Placed, found []report.Finding) error {
	call := p.call()
	for _, f := range report.BySeverity(p.Request.Lowered(found)) {
		if !f.Told {
			r.tellFinding(p, f, call)
		}
	}
	if request.Stops(found, p.Request) {
		return &report.CheckError{Findings: found}
	}
	return nil
}

// evaluationError is the error of nix that ends a host. Where the checks are what the user wants it is a finding like
// others.
func (r *Run) evaluationError(p Placed, found []report.Finding, err error) error {
	var broken *source.EvaluationError
	if errors.As(err, &broken) {
		broken = broken.In(p.Source.Submodule(broken.Missing(), r.Dir))
		err = broken
	}
	if r.checking && broken != nil {
		return &report.CheckError{Findings: append(slices.Clip(found), broken.Finding(p.target()))}
	}
	_ = r.report(p, found)
	return err
}

func (r *Run) tellFinding(p Placed, f report.Finding, call report.Call) {
	r.Say(report.Event{Host: p.Name(), Kind: report.Found, Finding: &f, Remedy: call.Lines(f.Remedy)})
}

// somewhere is a machine in a sentence.
func somewhere(m *decision.Machine) string {
	if m == nil {
		return report.Here
	}
	return m.Host.String()
}

// known is what a decision about the host may rest on.
func (r *Run) known(l Located, on, at *facts.Host) decision.Known {
	return decision.Known{
		Request: l.Request, Target: l.Target, Place: l.Place, Source: l.Source, Machine: l.Machine, Builder: l.Builder, On: on, At: at,
		Installed: r.installed, Somebody: r.hasPassword(), Checking: r.checking,
	}
}

// output is what a program has printed.
func (r *Run) output(p Placed, text string) {
	r.Say(report.Event{Host: p.Name(), Kind: report.Output, Text: text})
}

// dir is where the run keeps what belongs to a host as long as it lasts.
func (r *Run) dir(l Located) string {
	if r.alone || l.Machine == nil {
		return r.net.Dir()
	}
	return l.Machine.Master.Dir
}

// environment is what nix is given beside its arguments, by whoever does the work.
func (r *Run) environment(l Located, engine *decision.Dialect) []string {
	return plan.Job{Dir: r.net.Dir(), Dialect: engine, SSHOpts: r.sshOpts(l)}.Environment()
}

// sshOpts is NIX_SSHOPTS for the machines that take part.
func (r *Run) sshOpts(l Located) string {
	options, _ := r.net.SSHOpts(l.Machine, l.Builder) // locate has refused what cannot stand there
	return options
}

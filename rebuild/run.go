package rebuild

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"nixhop/nixexec/tty"
	"nixhop/rebuild/building"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/guard"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Run is what the hosts of a run share.
type Run struct {
	Session
	inventory sshcfg.Inventory
	net       *connection.Network
	installed decision.Installed
	checking  bool // this is no deployment, only its checks: they are no events
	alone     bool // there is one host, and the terminal is its children's
	many      bool // there are several hosts
	evaluator evaluation.Evaluator
	person    prompt.Asker // who is asked between the phases, also where there are many hosts

	names    func() ([]string, error)         // the flake's configurations; looked up once, nobody is asked
	settings func() ([]source.Setting, error) // what it sets for Nix
	trusted  func() facts.Answer              // Nix here takes unsigned paths from this user
	look     *decision.Looking

	rollout rollout.Rollout
	wish    guard.Wish
	waves   [][]string // names of hosts, in the order of their activation
	tally   *phase.Tally
	site    *building.Site // where hosts meet that are built here
}

// checks is how many hosts are connected to, and looked at, side by side.
const checks = 8

// each takes hosts through one phase, at most limit at a time, and returns those that go on (phase.Each).
func each[In, Out phase.Host](ctx context.Context, r *Run, in report.Phase, limit int, hosts []In, do func(context.Context, In) (Out, error)) []Out {
	return phase.Each(ctx, r.tally, r.Say, in, limit, hosts, do)
}

// newRun prepares a run: it places every host, and the connections to them. A configuration takes one processor while
// it is evaluated, and two of them share nothing.
func (s Session) newRun(
	ctx context.Context, r request.Request, src source.Source, inv sshcfg.Inventory, targets []*source.Target, checking bool,
) (*Run, []Placed, error) {
	order, err := rollout.Of(r, source.HealthChecks(targets))
	wish, wrong := guard.Of(r, s.Env)
	if err = cmp.Or(err, wrong); err != nil {
		return nil, nil, err
	}
	run := &Run{
		Session: s, person: s.Ask, inventory: inv, rollout: order, wish: wish, checking: checking,
		alone: len(targets) < 2 && !r.Watched(), many: len(targets) > 1,
	}
	run.tally = phase.NewTally(order, len(targets), run.alone)
	if !run.alone {
		run.Ask = prompt.Nobody{}
		if prompt.Somebody(s.Pass) {
			run.Pass = prompt.NewShared(s.Pass)
		}
	}
	if !tty.Is(s.Stdio.In) && !request.Converses(r) {
		run.Stdio.In = nil // it may be the list of hosts of a loop around us
	}
	if checking {
		run.Stdio.Err, run.Say = nil, s.Say.OfChecks(run.alone)
	}
	run.evaluator = evaluation.Evaluator{
		Stdio: run.Stdio, Alone: run.alone, Deploys: !checking, Asks: prompt.Somebody(run.Ask), Turns: evaluation.NewTurns(order.Evaluations(runtime.NumCPU(), facts.FreeMemory())),
		Pause: run.Say.Pause, Again: func() { run.Say.Info("evaluating once more, for nix had nobody to ask") },
	}
	s.Say.Info(src.Above(s.Dir))
	run.settings = sync.OnceValues(func() ([]source.Setting, error) { return src.Settings(ctx, r, s.Dir) })
	run.trusted = sync.OnceValue(func() facts.Answer { return facts.TrustedHere(ctx) })
	run.installed = decision.FindInstalled(r.NixosRebuild, s.Self, s.Env)
	placed, hosts, err := s.place(r, src, inv, targets)
	if err != nil {
		return nil, nil, err
	}
	var names, aliases []string
	for _, t := range targets {
		names, aliases = append(names, t.Word()), append(aliases, t.Name())
	}
	if run.waves, err = order.Order.WavesOf(names, aliases); err != nil {
		return nil, nil, err
	}
	if action, last := r.Course(checking, order.Health.Wanted()); !run.alone && action != "" {
		run.Say(report.Event{Kind: report.Begun, Text: action, Phase: last, Hosts: names})
	}
	options := connection.Options{
		Config: r.SSHConfig, SSHOpts: s.Env("NIX_SSHOPTS"), ConnectTimeout: r.ConnectTimeout, ReconnectTimeout: r.ReconnectTimeout, AcceptNew: r.AcceptNew,
		Batch: !run.alone, Stdio: run.Stdio, Lines: source.Lines(targets),
		Pairs: slices.ContainsFunc(placed, func(p Placed) bool { return !p.Place.Here && !p.Place.Target }),
	}
	if !run.alone && prompt.Somebody(s.Ask) {
		options.Person = s.Say.Lend
	}
	run.net, err = connection.New(ctx, options, hosts)
	return run, placed, err
}

// place decides where each host's system is built, and names the hosts of the run. Many hosts are deployed by nixhop's
// own steps.
func (s *Session) place(r request.Request, src source.Source, inv sshcfg.Inventory, targets []*source.Target) (placed []Placed, hosts []sshcfg.Host, err error) {
	own, ambiguous := decision.OwnName(r, targets, inv)
	s.Say.Info(ambiguous...)
	if len(targets) > 1 || r.Watched() {
		r.Engine = request.EngineNative
	}
	for _, t := range targets {
		p := Placed{Target: t, Request: t.Own(r), Source: t.From(src)}
		s.Say.For(p.Name()).Warnings(t.Complaints()...)
		if p.Place, err = decision.PlaceBuild(r, t, own); err != nil {
			return nil, nil, err
		}
		placed, hosts = append(placed, p), append(hosts, p.Place.Hosts(t)...)
	}
	return placed, hosts, nil
}

// known is what a decision about the host may rest on.
func (r *Run) known(l Located, on, at *facts.Host) decision.Known {
	return decision.Known{
		Request: l.Request, Target: l.Target, Place: l.Place, Source: l.Source, Machine: l.Machine, Builder: l.Builder, On: on, At: at,
		Installed: r.installed, Somebody: prompt.Somebody(r.Pass), Checking: r.checking,
	}
}

// sshOpts is NIX_SSHOPTS for the machines that take part.
func (r *Run) sshOpts(l Located) string {
	options, _ := r.net.SSHOpts(l.Machine, l.Builder) // locate has refused what cannot stand there
	return options
}

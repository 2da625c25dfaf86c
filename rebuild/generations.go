package rebuild

import (
	"context"

	"nixhop/nixexec/ssh"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
)

// listed is a host with what is to be printed of its generations.
type listed struct {
	Located
	text string
}

// listGenerations shows the generations of hosts, or the commands that do.
func (r *Run) listGenerations(ctx context.Context, hosts []Placed) error {
	first := hosts[0]
	if first.Target == nil {
		return &request.UsageError{Message: "list-generations needs a host here", Hint: first.Request.On("HOST").Offer(report.Again())}
	}
	located := each(ctx, r, report.PhaseLocate, selection.Resolves, hosts, func(ctx context.Context, p Placed) (Located, error) {
		m, err := r.machine(ctx, p, p.Target.Host)
		return Located{Placed: p, Machine: m}, err
	})
	if !first.Request.Plan || first.Request.Look {
		if err := r.net.MakeDir(); err != nil {
			return err
		}
		r.lookHere(ctx, located)
	}
	all := each(ctx, r, report.PhaseConnect, checks, located, r.generations)
	for _, l := range all {
		r.Say.Print(l.text)
	}
	r.sayWhy()
	return phase.Outcome(r.tally, all)
}

// generations are those of a host, or the command that shows them.
func (r *Run) generations(ctx context.Context, l Located) (listed, error) {
	if r.look != nil {
		if _, err := r.visit(ctx, l); err != nil {
			return listed{}, err
		}
	}
	if l.Request.Plan {
		text, err := r.net.Script(plan.Plan{
			Dir: r.net.Dir(), Masters: []ssh.MasterOptions{l.Machine.Master}, Steps: []plan.Step{plan.Generations(l.Machine, l.Request)},
		})
		return listed{l, report.Headed(r.heading(l.Placed), text)}, err
	}
	text, err := remote.ReadGenerations(ctx, l.Machine, l.Request, r.heading(l.Placed))
	return listed{l, text}, err
}

package rebuild

import (
	"context"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// listGenerations shows the generations of a host.
func (r *Run) listGenerations(ctx context.Context, p Placed) error {
	if p.Target == nil {
		return &request.UsageError{Message: "list-generations needs a host here", Hint: p.Request.On("HOST").Offer(report.Again())}
	}
	m, err := r.machine(ctx, p, p.Target.Host)
	if err != nil {
		return err
	}
	if l := (Located{Placed: p, Machine: m}); p.Request.Look || !p.Request.Plan {
		if err = r.net.MakeDir(); err == nil {
			r.lookHere(ctx, []Located{l})
			_, err = r.visit(ctx, l)
		}
		if err != nil {
			return err
		}
	}
	if p.Request.Plan {
		return r.printScript(plan.Plan{
			Dir: r.net.Dir(), Masters: []ssh.MasterOptions{m.Master}, Steps: []plan.Step{remote.Generations(m, p.Request)},
		})
	}
	text, err := remote.ReadGenerations(ctx, m, p.Request, nixexec.Stdio{Out: r.Stdio.Out, Err: r.Stdio.Err})
	r.Say.Print(text)
	return err
}

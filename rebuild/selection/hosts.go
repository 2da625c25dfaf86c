package selection

import (
	"context"
	"strings"
	"sync"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Hosts prints the inventory: every alias of the ssh config, how it is reached and which configuration it would get,
// the nodes of other inventories, and the configurations that none of these stands for. dir is the working directory,
// env the environment.
func Hosts(ctx context.Context, r request.Request, say report.Sink, dir string, env func(string) string) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv, unread := source.Inventory(r)
	say.Warnings(unread...)
	src, err := source.Find(r, dir, env)
	say.Lesser(err) // the hosts are there all the same
	say.Info(src.Above(dir))
	everything := r
	if len(r.Hosts) == 0 {
		everything.Hosts = []request.Selector{request.Everything()}
	}
	names := sync.OnceValues(func() ([]string, error) { return evaluation.Names(ctx, src, r, dir, env) })
	j, err := Look(ctx, r, src, dir, env, names).join(everything, inv, src)
	if j.nixos == nil && err == nil && src.IsFlake() && !r.Has("--inventory") {
		j.nixos, err = names()
	}
	if ctx.Err() == nil {
		say.Lesser(err)
	}
	aliases, err := Aliases(r, j.all)
	if err != nil {
		return err
	}
	rows, refused := rowsOf(ctx, aliases, j.own, r.SSHConfig)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	rest := src.Fill(rows, aliases, j.nixos)
	j.fill(rows, aliases)
	text, err := report.Text(rows, r.JSON, report.HostTable)
	if err != nil {
		return err
	}
	say.Print(text)
	switch {
	case r.JSON:
	case len(rows) == 0:
		say.Info("no alias in " + strings.Join(sshcfg.Files(r.SSHConfig), " or "))
	case len(rest) > 0 && len(r.Hosts) == 0:
		say.Info("configurations without an alias: " + report.Listed(rest))
	}
	return report.Refuse(refused)
}

// fill writes into the rows what comes from nodes: the configuration, and the address where no alias has one.
func (j joined) fill(rows []report.HostRow, aliases []sshcfg.Alias) {
	for i, a := range aliases {
		n, is := j.node(a)
		switch {
		case is:
			rows[i].Configuration, rows[i].From, rows[i].Inventory = n.Name, string(n.Form.Kind), string(n.Form.Kind)
		case rows[i].Configuration != "":
			rows[i].Inventory = string(inventory.Flake)
		}
		if is && !j.own.Matches(a.Name) && n.Host != "" {
			rows[i].Address = nixexec.Printable(sshcfg.Endpoint{User: n.User, HostName: n.Host, Port: n.Port}.Address())
		}
	}
}

// Resolves is how many names ssh is asked for at a time what they mean.
const Resolves = 4

// rowsOf asks ssh what each alias means, under a config for -F or the user's own. One that ssh refuses is a finding,
// and the others have their rows all the same.
func rowsOf(ctx context.Context, aliases []sshcfg.Alias, own sshcfg.Inventory, config string) ([]report.HostRow, []report.Finding) {
	rows := make([]report.HostRow, len(aliases))
	found := make([]*report.Finding, len(aliases))
	turn := make(chan struct{}, Resolves)
	var wait sync.WaitGroup
	for i, a := range aliases {
		rows[i] = report.HostRow{Alias: a.Name, Tags: a.Tags, File: a.File, Line: a.Line}
		if !own.Matches(a.Name) {
			continue
		}
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			e, err := sshcfg.Resolve(ctx, a.Name, config, nil)
			if err == nil {
				rows[i].Address, rows[i].Via = e.Address(), e.Via()
				return
			}
			rows[i].Error = nixexec.Printable(nixexec.FirstLine(err.Error()))
			found[i] = &report.Finding{Name: "ssh-config", Severity: report.Error, Host: a.Name, What: rows[i].Error}
			if refused, is := check.Refused(a.Name, err); is {
				*found[i] = refused
			}
		})
	}
	wait.Wait()
	var refused []report.Finding
	for _, f := range found {
		if f != nil {
			refused = append(refused, *f)
		}
	}
	return rows, refused
}

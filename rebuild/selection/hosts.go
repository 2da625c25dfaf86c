package selection

import (
	"context"
	"strings"
	"sync"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/evaluation"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Hosts prints the inventory: every alias of the ssh config, how it is reached and which configuration it would get,
// and the configurations that no alias stands for. dir is the working directory, env the environment.
func Hosts(ctx context.Context, r request.Request, say report.Sink, dir string, env func(string) string) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv, unread := source.Inventory(r)
	say.Warnings(unread...)
	aliases, err := Aliases(r, inv)
	if err != nil {
		return err
	}
	src, err := source.Find(r, dir, env)
	say.Lesser(err) // the hosts are there all the same
	say.Info(src.Above(dir))
	names, err := evaluation.Names(ctx, src, r, dir, env)
	if ctx.Err() == nil {
		say.Lesser(err)
	}
	rows, refused := rowsOf(ctx, aliases, r.SSHConfig)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	rest := src.Fill(rows, aliases, names)
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

// Resolves is how many names ssh is asked for at a time what they mean.
const Resolves = 4

// rowsOf asks ssh what each alias means, under a config for -F or the user's own. One that ssh refuses is a finding, and
// the others have their rows all the same.
func rowsOf(ctx context.Context, aliases []sshcfg.Alias, config string) ([]report.HostRow, []report.Finding) {
	rows := make([]report.HostRow, len(aliases))
	found := make([]*report.Finding, len(aliases))
	turn := make(chan struct{}, Resolves)
	var wait sync.WaitGroup
	for i, a := range aliases {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			rows[i] = report.HostRow{Alias: a.Name, Tags: a.Tags, File: a.File, Line: a.Line}
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

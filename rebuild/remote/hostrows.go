package remote

import (
	"context"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// HostRows asks ssh what each alias means, under a config for -F or the user's own, at most limit at a time. One that
// ssh refuses is a finding, and the others have their rows all the same.
func HostRows(ctx context.Context, aliases []sshcfg.Alias, config string, limit int) ([]report.HostRow, []report.Finding) {
	rows := make([]report.HostRow, len(aliases))
	found := make([]*report.Finding, len(aliases))
	turn := make(chan struct{}, limit)
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

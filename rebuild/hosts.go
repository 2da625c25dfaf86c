package rebuild

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Hosts prints the inventory: every alias of the ssh config, how it is reached and which configuration it would get, and the
// configurations that no alias stands for.
func (s Session) Hosts(ctx context.Context, r request.Request) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv := s.inventory(r)
	aliases, err := wantedAliases(inv, r)
	if err != nil {
		return err
	}
	src := s.source(r)
	names, err := s.namesForHosts(ctx, src, r)
	if err != nil {
		return err
	}
	rows, refused := s.resolveRows(ctx, aliases, r)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	var used []string
	for i := range rows {
		rows[i].Configuration, rows[i].From = src.RowFor(aliases[i], names)
		used = append(used, rows[i].Configuration)
	}
	switch {
	case r.JSON:
		text, err := report.JSONLines(rows)
		if err != nil {
			return err
		}
		s.print(text)
	case len(rows) == 0:
		s.info("no alias in " + strings.Join(sshcfg.Files(r.SSHConfig), " or "))
	default:
		s.print(report.HostTable(rows))
		rest := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(used, n) })
		if len(rest) > 0 && len(r.Hosts) == 0 {
			s.info("configurations without an alias: " + strings.Join(rest, ", "))
		}
	}
	if len(refused) > 0 {
		return &report.CheckError{Findings: refused}
	}
	return nil
}

// namesForHosts are the flake's configurations; where they cannot be had, that is only a warning.
func (s *Session) namesForHosts(ctx context.Context, src source.Source, r request.Request) ([]string, error) {
	if !src.IsFlake() {
		return nil, nil
	}
	names, err := source.Names(ctx, src.Flake, r)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		s.warn(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return names, nil
}

// wantedAliases are the aliases that the HOST words select, or all of them.
func wantedAliases(inv sshcfg.Inventory, r request.Request) ([]sshcfg.Alias, error) {
	if len(r.Hosts) == 0 {
		return inv.Aliases, nil
	}
	targets, err := source.Select(r, inv)
	if err != nil {
		return nil, err
	}
	var out []sshcfg.Alias
	for _, t := range targets {
		a, ok := inv.Find(t.Host.Name)
		if !ok {
			return nil, request.UnknownName("unknown alias", t.Host.Name, "", inv.Names())
		}
		out = append(out, a)
	}
	return out, nil
}

// resolveRows asks ssh what each alias means. One that ssh refuses is a finding, and the others are listed all the same.
func (s *Session) resolveRows(ctx context.Context, aliases []sshcfg.Alias, r request.Request) ([]report.HostRow, []report.Finding) {
	rows := make([]report.HostRow, len(aliases))
	found := make([]*report.Finding, len(aliases))
	turn := make(chan struct{}, resolves)
	var wait sync.WaitGroup
	for i, a := range aliases {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			rows[i] = report.HostRow{Alias: a.Name, Tags: a.Tags, File: a.File, Line: a.Line}
			e, err := sshcfg.Resolve(ctx, a.Name, r.SSHConfig, nil)
			if err == nil {
				rows[i].Address, rows[i].Via = e.Address(), e.Via()
				return
			}
			rows[i].Error = nixexec.Printable(nixexec.FirstLine(err.Error()))
			found[i] = &report.Finding{Name: "ssh-config", Severity: report.Error, Host: a.Name, What: rows[i].Error}
			var broken *sshcfg.ConfigError
			if errors.As(err, &broken) {
				*found[i] = brokenConfig(sshcfg.Host{Name: a.Name}, broken)
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

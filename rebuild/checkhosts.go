package rebuild

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Check runs the checks of a deployment and nothing else: no host is changed, nothing is built. Without a HOST, every alias that has
// a configuration in the flake here is checked. One host may ask on the terminal; several are checked side by side and cannot.
func (s Session) Check(ctx context.Context, r request.Request) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv := s.inventory(r)
	targets, err := s.checkTargets(ctx, r, inv)
	if err != nil {
		return err
	}
	s.warnSudo(r)
	r.Action = "switch"
	run, placed, err := s.newRun(ctx, r, inv, targets, true)
	if err != nil {
		return err
	}
	defer run.close()
	rows, err := run.checkRows(ctx, placed)
	if err != nil {
		return err
	}
	text := report.CheckTable(rows, nixexec.Columns(s.Stdio.Out))
	if r.JSON {
		if text, err = report.JSONLines(rows); err != nil {
			return err
		}
	}
	s.print(text)
	return checkResult(rows)
}

// checkTargets are the HOST words' targets, or all aliases with a configuration here.
func (s *Session) checkTargets(ctx context.Context, r request.Request, inv sshcfg.Inventory) ([]*source.Target, error) {
	var targets []*source.Target
	if len(r.Hosts) > 0 {
		selected, err := source.Select(r, inv)
		for _, t := range selected {
			targets = append(targets, &t)
		}
		return targets, err
	}
	src := s.source(r)
	if !src.IsFlake() {
		return nil, &request.UsageError{Message: "no host is named, and there is no flake here", Hint: "nixhop check HOST"}
	}
	names, err := source.Names(ctx, src.Flake, r)
	if err != nil {
		return nil, err
	}
	for _, a := range inv.Aliases {
		t := source.Target{Selector: request.Selector{Word: a.Name, Host: a.Name}, Host: sshcfg.Host{Name: a.Name}, Hints: a.Hints, Listed: true}
		if _, _, err := source.ChooseConfiguration(t, source.Source{Flake: src.Flake}, names, ""); err == nil {
			targets = append(targets, &t)
		}
	}
	if len(targets) == 0 {
		return nil, &request.UsageError{Message: fmt.Sprintf("no alias has a configuration in flake %q", src.Flake), Hint: "nixhop hosts"}
	}
	return targets, nil
}

// checkRows takes the hosts as far as their checks, and has a row for each, in their order. An error is something that is no host's fault.
func (r *Run) checkRows(ctx context.Context, hosts []Placed) ([]report.CheckRow, error) {
	located := each(ctx, r, report.PhaseLocate, resolves, hosts, r.locate)
	if err := r.net.MakeDir(); err != nil {
		return nil, err
	}
	r.lookHere(ctx, located)
	r.lookUpNames(located)
	connected := each(ctx, r, report.PhaseConnect, checks, located, r.connect)
	decided := each(ctx, r, report.PhaseDecide, checks, connected, r.decide)
	checked := each(ctx, r, report.PhaseCheck, checks, each(ctx, r, report.PhaseEvaluate, checks, decided, r.tell), r.check)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	found := map[string][]report.Finding{}
	for _, c := range checked {
		found[c.Name()] = c.Found
	}
	for _, host := range r.ended {
		var err error
		if found[host.Host], err = findingsOf(host.Err, aliasOf(hosts, host.Host)); err != nil {
			return nil, err
		}
	}
	rows := make([]report.CheckRow, len(hosts))
	at := map[string]*report.CheckRow{}
	for i, p := range hosts {
		rows[i] = report.NewCheckRow(p.Name(), p.alias(), found[p.Name()], p.Request.Call())
		at[p.Name()] = &rows[i]
	}
	for _, c := range connected {
		at[c.Name()].Address = c.Machine.Endpoint.Address()
		at[c.Name()].System = strings.TrimSpace(c.On.System.Kernel + " " + c.On.System.Machine)
		at[c.Name()].NixOS = c.On.System.Version
	}
	for _, d := range decided {
		at[d.Name()].Configuration = d.Choice.Name
	}
	return rows, nil
}

// aliasOf is the alias behind a HOST word.
func aliasOf(hosts []Placed, word string) string {
	for _, p := range hosts {
		if p.Name() == word {
			return p.alias()
		}
	}
	return word
}

// findingsOf are the findings that ended a host; an error where it was none.
func findingsOf(err error, alias string) ([]report.Finding, error) {
	var refused *report.CheckError
	var broken *source.EvaluationError
	switch {
	case errors.As(err, &refused):
		return refused.Findings, nil
	case errors.As(err, &broken):
		return []report.Finding{broken.Finding(alias)}, nil
	}
	return nil, err
}

// checkResult is the error for the exit status: a host has an error.
func checkResult(rows []report.CheckRow) error {
	var all []report.Finding
	for _, row := range rows {
		all = append(all, row.Errors()...)
	}
	if len(all) > 0 {
		return &report.CheckError{Findings: all}
	}
	return nil
}

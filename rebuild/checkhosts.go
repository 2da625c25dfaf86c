package rebuild

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// CheckRow is one host in the result of `nixhop check --json`, one object a line.
type CheckRow struct {
	Host          string         `json:"host"`
	Address       string         `json:"address,omitempty"`
	Configuration string         `json:"configuration,omitempty"`
	System        string         `json:"system,omitempty"` // of the host: "Linux x86_64"
	NixOS         string         `json:"nixos,omitempty"`  // its version
	Result        string         `json:"result"`           // "ok", "note", "warning" or "error"
	Findings      []CheckFinding `json:"findings"`
}

// CheckFinding is a Finding in JSON.
type CheckFinding struct {
	Name     string   `json:"name"`
	Host     string   `json:"host,omitempty"` // which it is about, where that is another one than the row's: the build host, or "here" for this machine
	Severity string   `json:"severity"`
	What     string   `json:"what"`
	Why      string   `json:"why,omitempty"`
	Remedy   []string `json:"remedy,omitempty"`
}

// parallelChecks is how many hosts are checked at a time.
const parallelChecks = 8

// Check runs the checks of a deployment and nothing else: no host is changed, nothing is built. Without a HOST, every alias that has
// a configuration in the flake here is checked. One host may ask on the terminal; several are checked side by side and cannot.
func (s *Session) Check(ctx context.Context, r request.Request) error {
	background, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv := s.inventory(r)
	all := s.newBatch(background, r)
	targets, err := s.checkTargets(r, inv, all)
	if err != nil {
		return err
	}
	s.warnSudo(r)
	r.Action = "switch"
	if len(targets) == 1 {
		all = nil
	}
	rows := make([]CheckRow, len(targets))
	errs := make([]error, len(targets))
	turn := make(chan struct{}, parallelChecks)
	var wait sync.WaitGroup
	for i, t := range targets {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			rows[i], errs[i] = s.checkOne(ctx, background, r, inv, t, all)
		})
	}
	wait.Wait()
	if err := context.Cause(background); err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if r.JSON {
		err = printJSON(s.Stdio.Out, rows)
	} else {
		s.printCheck(rows)
	}
	if err != nil {
		return err
	}
	return checkResult(rows)
}

// checkTargets are the HOST words' targets, or all aliases with a configuration here.
func (s *Session) checkTargets(r request.Request, inv sshcfg.Inventory, all *batch) ([]source.Target, error) {
	if len(r.Hosts) > 0 {
		return source.Select(r, inv)
	}
	src := source.FindSource(r, s.Dir, nixexec.Exists, nixexec.Realpath)
	if !src.IsFlake() {
		return nil, &request.UsageError{Message: "no host is named, and there is no flake here", Hint: "nixhop check HOST"}
	}
	names, err := all.names()
	if err != nil {
		return nil, err
	}
	var targets []source.Target
	for _, a := range inv.Aliases {
		t := source.Target{Selector: request.Selector{Word: a.Name, Host: a.Name}, Host: sshcfg.Host{Name: a.Name}, Hints: a.Hints, Listed: true}
		if _, _, err := source.ChooseConfiguration(t, source.Source{Flake: src.Flake}, names, ""); err == nil {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return nil, &request.UsageError{Message: fmt.Sprintf("no alias has a configuration in flake %q", src.Flake), Hint: "nixhop hosts"}
	}
	return targets, nil
}

// checkOne looks at one host as a deployment would. Its findings are the row; an error is something that is not the host's fault.
func (s *Session) checkOne(ctx, background context.Context, r request.Request, inv sshcfg.Inventory, t source.Target, all *batch) (CheckRow, error) {
	quiet := *s
	quiet.Stdio.Err, quiet.Log = nil, slog.New(slog.DiscardHandler)
	r.Hosts = []request.Selector{t.Selector}
	row := CheckRow{Host: t.Selector.Word, Result: "ok", Findings: []CheckFinding{}}
	d, err := quiet.newDeployment(background, r, inv, &t, all)
	var refused *CheckError
	switch {
	case errors.As(err, &refused):
		row.add(t.Host.String(), refused.Findings, r.Call())
		return row, nil
	case err != nil:
		return row, err
	}
	defer d.net.close()
	d.checking = true
	err = d.look(ctx, background)
	row.Configuration = d.chosen.Name
	if d.on != nil {
		row.Address = d.on.machine.Endpoint.Address()
		row.System = strings.TrimSpace(d.on.facts.System.Kernel + " " + d.on.facts.System.Machine)
		row.NixOS = d.on.facts.System.Version
	}
	found := d.found
	var broken *source.EvaluationError
	if errors.As(err, &broken) {
		found, err = append(found, broken.Finding(t.Host.String())), nil
	}
	row.add(t.Host.String(), found, r.Call())
	if errors.As(err, &refused) {
		err = nil
	}
	return row, err
}

// add puts findings into the row, which is that of host, the worst first.
func (row *CheckRow) add(host string, found []report.Finding, call report.Call) {
	for i, f := range bySeverity(found) {
		if i == 0 {
			row.Result = f.Severity.String()
		}
		about := f.Host
		if about == host {
			about = ""
		}
		row.Findings = append(row.Findings, CheckFinding{f.Name, about, f.Severity.String(), f.What, f.Why, call.Lines(f.Remedy)})
	}
}

// checkResult is the error for the exit status: 3 where a host has an error.
func checkResult(rows []CheckRow) error {
	var all []report.Finding
	for _, row := range rows {
		for _, f := range row.Findings {
			if f.Severity == report.Error.String() {
				all = append(all, report.Finding{Name: f.Name, Severity: report.Error, Host: row.Host, What: f.What})
			}
		}
	}
	if len(all) > 0 {
		return &CheckError{Findings: all}
	}
	return nil
}

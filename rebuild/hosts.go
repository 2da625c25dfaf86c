package rebuild

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// HostRow is one alias in the inventory, as `nixhop hosts --json` prints it, one object a line.
type HostRow struct {
	Alias         string   `json:"alias"`
	Address       string   `json:"address"`                 // user@hostname:port
	Via           string   `json:"via,omitempty"`           // jump hosts, or the proxy command
	Configuration string   `json:"configuration,omitempty"` // in the flake here; empty: none
	From          string   `json:"from,omitempty"`          // why this configuration: "hint" or "alias"
	Tags          []string `json:"tags,omitempty"`
	File          string   `json:"file"`
	Line          int      `json:"line"`
	Error         string   `json:"error,omitempty"` // why ssh does not take the alias
}

// parallelResolves is how many `ssh -G` run at a time.
const parallelResolves = 4

// Hosts prints the inventory: every alias of the ssh config, how it is reached and which configuration it would get, and the
// configurations that no alias stands for.
func (s *Session) Hosts(ctx context.Context, r request.Request) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv := s.inventory(r)
	aliases, err := wanted(inv, r)
	if err != nil {
		return err
	}
	src := source.FindSource(r, s.Dir, nixexec.Exists, nixexec.Realpath)
	var names []string
	if src.IsFlake() {
		if names, err = source.ConfigurationNames(ctx, src.Flake, r); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			s.Log.Warn(strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	rows := resolveRows(ctx, aliases, r)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	var used []string
	for i := range rows {
		rows[i].Configuration, rows[i].From = rowConfiguration(aliases[i], src, names)
		used = append(used, rows[i].Configuration)
	}
	if r.JSON {
		return printJSON(s.Stdio.Out, rows)
	}
	if len(rows) == 0 {
		s.Log.Info("no alias in " + strings.Join(sshcfg.Files(r.SSHConfig), " or "))
		return nil
	}
	printRows(s.Stdio.Out, rows)
	if rest := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(used, n) }); len(rest) > 0 && len(r.Hosts) == 0 {
		s.Log.Info("configurations without an alias: " + strings.Join(rest, ", "))
	}
	return nil
}

// wanted are the aliases that the HOST words select, or all of them.
func wanted(inv sshcfg.Inventory, r request.Request) ([]sshcfg.Alias, error) {
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

func resolveRows(ctx context.Context, aliases []sshcfg.Alias, r request.Request) []HostRow {
	rows := make([]HostRow, len(aliases))
	turn := make(chan struct{}, parallelResolves)
	var wait sync.WaitGroup
	for i, a := range aliases {
		wait.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			rows[i] = HostRow{Alias: a.Name, Tags: a.Tags, File: a.File, Line: a.Line}
			e, err := sshcfg.Resolve(ctx, a.Name, r.SSHConfig, nil)
			if err != nil {
				rows[i].Error = nixexec.Printable(nixexec.FirstLine(err.Error()))
				return
			}
			rows[i].Address, rows[i].Via = e.Address(), via(e)
		})
	}
	wait.Wait()
	return rows
}

// rowConfiguration is the configuration that the alias would get here, as far as it can be known without asking the host.
func rowConfiguration(a sshcfg.Alias, src source.Source, names []string) (name, from string) {
	if names == nil {
		return a.Hints.Configuration, word(a.Hints.Configuration != "", "hint")
	}
	c, _, err := source.ChooseConfiguration(source.Target{Host: sshcfg.Host{Name: a.Name}, Hints: a.Hints}, source.Source{Flake: src.Flake}, names, "")
	if err != nil {
		return "", ""
	}
	return c.Name, c.From
}

// via is how ssh gets to the host, where not straight.
func via(e sshcfg.Endpoint) string {
	if e.ProxyJump != "" {
		return e.ProxyJump
	}
	return e.ProxyCommand
}

// printJSON prints one object a line.
func printJSON[Row any](w io.Writer, rows []Row) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, row := range rows {
		if err := encoder.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

func printRows(w io.Writer, rows []HostRow) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ALIAS\tADDRESS\tVIA\tCONFIGURATION\tTAGS\tFILE")
	for _, row := range rows {
		address := row.Address
		if row.Error != "" {
			address = "! " + row.Error
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s:%d\n", row.Alias, address, dash(row.Via), dash(row.Configuration), dash(strings.Join(row.Tags, ",")), row.File, row.Line)
	}
	t.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func word(b bool, word string) string {
	if b {
		return word
	}
	return ""
}

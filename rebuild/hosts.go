package rebuild

import (
	"context"
	"strings"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Hosts prints the inventory: every alias of the ssh config, how it is reached and which configuration it would get,
// and the configurations that no alias stands for.
func (s Session) Hosts(ctx context.Context, r request.Request) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	inv := s.inventory(r)
	aliases, err := source.Aliases(r, inv)
	if err != nil {
		return err
	}
	src, err := source.Find(r, s.Dir, s.Env)
	s.Say.Lesser(err) // the hosts are there all the same
	s.Say.Info(src.Above(s.Dir))
	names, err := src.Names(ctx, r, s.Dir, s.Env)
	if ctx.Err() == nil {
		s.Say.Lesser(err)
	}
	rows, refused := remote.HostRows(ctx, aliases, r.SSHConfig, resolves)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	rest := src.Fill(rows, aliases, names)
	text, err := report.Text(rows, r.JSON, report.HostTable)
	if err != nil {
		return err
	}
	s.Say.Print(text)
	switch {
	case r.JSON:
	case len(rows) == 0:
		s.Say.Info("no alias in " + strings.Join(sshcfg.Files(r.SSHConfig), " or "))
	case len(rest) > 0 && len(r.Hosts) == 0:
		s.Say.Info("configurations without an alias: " + report.Listed(rest))
	}
	return report.Refuse(refused)
}

package preparation

import (
	"context"
	"fmt"
	"strings"

	"nixhop/rebuild/included"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// makeAlias shows the first step, and takes it after a yes: the block is written into the file that is nixhop's own.
// Where the ssh config has the alias, nothing is left to do. Without an alias that was to be made the host is not
// reachable by its name.
func (p *preparation) makeAlias(ctx context.Context) (reachable bool, err error) {
	_, listed := p.inventory.Find(p.host.Name)
	asks, can := p.world.Ask.(prompt.Texter)
	if !p.known() && p.address.Name == "" && can {
		typed, err := asks.Text(ctx, fmt.Sprintf("%s is no alias of the ssh config. Its address, [USER@]ADDRESS[:PORT] (empty: ssh finds it by its name): ", p.host.Name))
		if err != nil {
			return false, err
		}
		if typed != "" {
			if p.address, err = sshcfg.ParseHost(typed); err != nil {
				return false, &request.UsageError{Message: err.Error()}
			}
		}
	}
	p.world.Say.Print(p.aliasStep())
	b, ok := p.block()
	if listed || !ok {
		return true, nil
	}
	before, err := p.file.Read()
	if err != nil {
		return false, err
	}
	if _, there := sshcfg.List([]string{p.file.Path}).Find(p.host.Name); there && before != "" {
		p.world.Say.Info(fmt.Sprintf("%s has a block for %s already, which stays as it is", p.file.Path, p.host.Name))
		return p.file.Offer(ctx, p.world.Say, p.world.Ask)
	}
	taken, refused, err := included.Taken(ctx, []included.Block{b})
	if err != nil {
		return false, err
	}
	if len(taken) == 0 {
		return false, &request.UsageError{Message: strings.Join(refused, "; ")}
	}
	yes, err := p.world.Ask.Agree(ctx, "write the alias to "+p.file.Path+"?")
	if err != nil || !yes {
		return false, err
	}
	if before == "" {
		before = hostsMark
	}
	if _, err := p.file.Write(before + included.Text(taken)); err != nil {
		return false, err
	}
	return p.file.Offer(ctx, p.world.Say, p.world.Ask)
}

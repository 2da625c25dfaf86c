// Package preparation walks somebody through what a host needs before it is deployed to for the first time: an alias, a
// host key that is known, a login. Each step is shown, and done by ssh's own programs after a yes; nothing is accepted
// or written without one. What a deployment needs beside that the checks tell, which come last.
package preparation

import (
	"context"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/included"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// hostsFile is the name of the file for the aliases that are made here.
const hostsFile = "hosts"

// hostsMark begins it.
const hostsMark = included.Mark + " init, which adds hosts at the end.\n"

// Run goes through the steps for the one host of a request, on the terminal: with somebody to be asked, each is done
// after a yes, and else they are printed. check runs the checks of a deployment.
func Run(ctx context.Context, r request.Request, w selection.World, s nixexec.Stdio, check func(context.Context, request.Request) error) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	p, err := preparing(r)
	if err != nil {
		return err
	}
	p.world, p.stdio = w, s
	var unread []string
	p.inventory, unread = source.Inventory(r)
	w.Say.Warnings(unread...)
	if p.file, err = included.Find(r.SSHConfig, hostsFile); err != nil {
		return err
	}
	if !prompt.Somebody(w.Ask) {
		return p.print(ctx)
	}
	reachable, err := p.makeAlias(ctx)
	if err != nil {
		return err
	}
	if err := p.resolve(ctx); err != nil {
		return err
	}
	if !reachable {
		w.Say.Print(p.keyStep(sshcfg.HostKey{}) + p.loginStep() + p.checkStep())
		return nil
	}
	if err := p.letIn(ctx); err != nil {
		return err
	}
	w.Say.Print(p.checkStep())
	yes, err := w.Ask.Agree(ctx, "check it now?")
	if err != nil || !yes {
		return err
	}
	return check(ctx, r.As("check"))
}

// preparation is the way of one host through the steps.
type preparation struct {
	request   request.Request
	host      sshcfg.Host // as it was typed
	address   sshcfg.Host // where it is, by --address; zero: nobody has said so
	inventory sshcfg.Inventory
	file      included.File
	endpoint  sshcfg.Endpoint // what ssh makes of it
	world     selection.World
	stdio     nixexec.Stdio
}

// preparing is the preparation that a request is for.
func preparing(r request.Request) (*preparation, error) {
	p := &preparation{request: r}
	usage := "as in: nixhop init web --address root@192.0.2.1"
	if len(r.Hosts) != 1 || r.Hosts[0].Kind != request.OneHost {
		return nil, &request.UsageError{Message: "init is for one host, by its name", Hint: usage}
	}
	var err error
	if p.host, err = sshcfg.ParseHost(r.Hosts[0].Host); err != nil {
		return nil, &request.UsageError{Message: err.Error(), Hint: usage}
	}
	if r.Has("--address") {
		if p.address, err = sshcfg.ParseHost(r.Value("--address")); err != nil {
			return nil, &request.UsageError{Message: "--address: " + err.Error(), Hint: usage}
		}
	}
	return p, nil
}

// print prints the steps, for somebody who is not there to be asked.
func (p *preparation) print(ctx context.Context) error {
	text := p.aliasStep()
	if err := p.resolve(ctx); err != nil {
		return err
	}
	p.world.Say.Print(text + p.keyStep(sshcfg.HostKey{}) + p.loginStep() + p.checkStep())
	return nil
}

// Package command does what takes hosts and no configuration: it runs a command on them, logs in to one, or tells what
// they are like. It deploys nothing.
package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/check"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
	"nixhop/rebuild/selection"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Run does what the request asks for: the words behind its -- run on each of its hosts, at most --parallel at a time,
// and without any there is a login. One host is ssh's affair alone: it has the files of s, asks what it has to ask, and
// its end is the error. What several print goes to the sink of w, line by line, behind their names.
func Run(ctx context.Context, r request.Request, w selection.World, s nixexec.Stdio) error {
	return with(ctx, r, w, s, func(ctx context.Context, c commander, found selection.Found, order rollout.Rollout) error {
		if len(found.Targets) == 1 {
			return c.alone(ctx, found.Targets[0], s)
		}
		hosts, err := c.begin(ctx, found)
		if err != nil {
			return err
		}
		tally := phase.NewTally(order, len(hosts), false)
		done := phase.Each(ctx, tally, w.Say, report.PhaseConnect, order.Order.AtATime(), hosts, c.on)
		tally.SayWhy(w.Say)
		w.Say.Warnings(goingOn(tally.Ended()))
		return phase.Outcome(tally, done)
	})
}

// with finds the hosts of a request, has something done with them, and ends the connections to them. Without a host
// there is nothing to do.
func with(
	ctx context.Context, r request.Request, w selection.World, s nixexec.Stdio,
	do func(context.Context, commander, selection.Found, rollout.Rollout) error,
) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	order, err := rollout.Of(r, nil)
	if err != nil {
		return err
	}
	found, err := selection.Find(ctx, r, w)
	if err != nil || found.None() {
		return err
	}
	c := commander{request: r, world: w, inventory: found.Inventory, words: argv(r.Extra)}
	if c.net, err = network(ctx, r, w, s, found.Each()); err != nil {
		return err
	}
	defer c.net.Close()
	return do(ctx, c, found, order)
}

// network are the connections to the hosts. Those of several ask nothing but on the terminal, one after the other.
func network(ctx context.Context, r request.Request, w selection.World, s nixexec.Stdio, targets []*source.Target) (*connection.Network, error) {
	options := connection.Options{
		Config: r.SSHConfig, SSHOpts: w.Env("NIX_SSHOPTS"), ConnectTimeout: r.ConnectTimeout, AcceptNew: r.AcceptNew,
		Batch: len(targets) > 1, Stdio: s, Lines: source.Lines(targets),
	}
	if options.Batch && prompt.Somebody(w.Ask) {
		options.Person = w.Say.Lend
	}
	var hosts []sshcfg.Host
	for _, t := range targets {
		hosts = append(hosts, t.Host)
	}
	return connection.New(ctx, options, hosts)
}

// argv is what runs on a host, by the words behind --: a single one is a line for a shell, several are a program and
// its arguments.
func argv(words []string) []string {
	if len(words) == 1 {
		return []string{"/bin/sh", "-c", words[0]}
	}
	return words
}

// host is one of the hosts.
type host struct{ source.Target }

// Name is the host as it was typed.
func (h host) Name() string { return h.Word() }

// commander has hosts run one command.
type commander struct {
	request   request.Request
	world     selection.World
	inventory sshcfg.Inventory
	net       *connection.Network
	here      func() facts.Here
	words     []string
}

// begin makes the place for the connections, and begins to look at this machine.
func (c *commander) begin(ctx context.Context, found selection.Found) (hosts []host, err error) {
	if err := c.net.MakeDir(); err != nil {
		return nil, err
	}
	c.here = c.net.LookHere(ctx, facts.HereQuery{Dir: c.world.Dir, Env: c.world.Env})
	for _, t := range found.Targets {
		hosts = append(hosts, host{t})
	}
	return hosts, nil
}

// machine is what ssh makes of a host.
func (c commander) machine(ctx context.Context, h host) (*decision.Machine, error) {
	m, err := c.net.Machine(ctx, h.Host)
	if refused, is := check.Refused(h.Host.String(), err); is {
		return nil, c.refuse(h, []report.Finding{refused})
	}
	return m, err
}

// refuse says what was found about a host that is not reached.
func (c commander) refuse(h host, found []report.Finding) error {
	for _, f := range found {
		c.world.Say.For(h.Name()).Find(f, c.request.On(h.Word()).Call())
	}
	return report.Refuse(found)
}

// alone has ssh itself do it for one host.
func (c commander) alone(ctx context.Context, t source.Target, s nixexec.Stdio) error {
	m, err := c.machine(ctx, host{t})
	if err != nil {
		return err
	}
	err = nixexec.Run(ctx, nixexec.Command{Argv: ssh.LoginArgv(m.Master, c.words...)}, s)
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Code == ssh.Failed {
		c.world.Say.Warnings(c.typo(t.Host.Name))
	}
	return err
}

// typo says which alias may have been meant, of a host that the ssh config does not have; empty: it may be right.
func (c commander) typo(name string) string {
	near := sshcfg.Nearest(name, c.inventory.Names(), 3)
	if c.inventory.Matches(name) || len(near) == 0 {
		return ""
	}
	return fmt.Sprintf("the ssh config has no alias %q; did you mean %s?", name, strings.Join(near, " or "))
}

// reach opens the connection to a host. That there is none is said, and the error is a *report.CheckError.
func (c commander) reach(ctx context.Context, h host) (*connection.Link, error) {
	m, err := c.machine(ctx, h)
	if err != nil {
		return nil, err
	}
	link, failure, err := c.net.Open(ctx, m)
	if err != nil || failure == nil {
		return link, err
	}
	login := check.Login{Alias: m.Host.String(), Endpoint: m.Endpoint, PublicKey: facts.PublicKey(m.Endpoint), SudoUser: c.world.Env("SUDO_USER")}
	return nil, c.refuse(h, check.NotReached(login, *failure, true, c.here, c.inventory, c.world.Env))
}

// on runs the command on one of several hosts.
func (c commander) on(ctx context.Context, h host) (host, error) {
	link, err := c.reach(ctx, h)
	if err != nil {
		return h, err
	}
	behind := func(show func(string)) func([]byte) {
		return func(line []byte) { show(nixexec.Prefixed(nixexec.Printable(h.Name())+": ", string(line))) }
	}
	defer context.AfterFunc(ctx, link.End)()
	err = nixexec.Lines(ctx, link.Command(c.words...), behind(c.world.Say.Print), behind(c.world.Say.Output))
	return h, ended(err)
}

// StatusError is the end of a command that has failed on a host, which no child of ours has named. 255 is also what ssh
// ends with where it has lost the host.
type StatusError struct{ Exit *nixexec.ExitError }

// Error says what it ended with.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("the command ended with %d", nixexec.Status(e.Exit))
	if e.Exit.Code == ssh.Failed {
		text += ", or its connection was lost"
	}
	return text
}

// Unwrap returns how ssh ended.
func (e *StatusError) Unwrap() error { return e.Exit }

// ended is the end of a command as the error of its host.
func ended(err error) error {
	var exit *nixexec.ExitError
	if !errors.As(err, &exit) || nixexec.Interrupted(err) {
		return err
	}
	return &StatusError{exit}
}

// goingOn says where a command may go on that was interrupted here; empty: nowhere.
func goingOn(hosts []report.Ended) string {
	var names []string
	for _, one := range hosts {
		if nixexec.Interrupted(one.Err) {
			names = append(names, one.Host)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "interrupted; what runs there by now may go on: " + strings.Join(slices.Compact(names), ", ")
}

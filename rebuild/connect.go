package rebuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// connection is a host that answers: its one ssh connection and what the probe found there.
type connection struct {
	machine *plan.Machine
	master  *nixexec.Master
	failure *sshcfg.Failure // why there is no connection; nil: there is one
	facts   facts.Facts
}

// network is what all connections of a run share.
type network struct {
	session   *Session
	inventory sshcfg.Inventory
	request   request.Request
	dir       string   // of the control sockets; 0700
	config    string   // -F FILE, or ""
	options   []string // the user's NIX_SSHOPTS, split
	open      []*nixexec.Master
}

// newNetwork prepares the connections of a run: the socket directory's name, the user's ssh options and, where a HOST gave a port
// or the ssh config's path could not cross NIX_SSHOPTS, a config file of ours that includes the user's.
func (s *Session) newNetwork(r request.Request, inv sshcfg.Inventory, hosts []sshcfg.Host) (*network, error) {
	options, err := nixexec.SplitSSHOpts(s.Env("NIX_SSHOPTS"))
	if err != nil {
		return nil, &request.UsageError{Message: err.Error()}
	}
	n := &network{session: s, inventory: inv, request: r, dir: nixexec.SocketDirName(), config: r.SSHConfig, options: options}
	if n.config != "" {
		if n.config, err = filepath.Abs(n.config); err != nil {
			return nil, err
		}
		if _, err := os.Stat(n.config); err != nil {
			return nil, &request.UsageError{Message: fmt.Sprintf("no such ssh config: %v", err)}
		}
	}
	ports := map[string]int{}
	for _, h := range hosts {
		if h.Port == 0 {
			continue
		}
		if p, ok := ports[h.Name]; ok && p != h.Port {
			return nil, &request.UsageError{
				Message: fmt.Sprintf("%q is meant with port %d and with port %d", h.Name, p, h.Port),
				Hint:    "give each an alias of its own in the ssh config",
			}
		}
		ports[h.Name] = h.Port
	}
	var own []string
	if n.options, own, err = splitOptions(options); err != nil {
		return nil, err
	}
	if len(ports) == 0 && len(own) == 0 && !strings.ContainsAny(n.config, " \t\"'\\") {
		return n, nil
	}
	return n, n.writeConfig(ports, own)
}

// splitOptions takes the options out that cannot stand in NIX_SSHOPTS, which older releases of Nix split at every space (nix#5181): they
// become lines of a config file.
func splitOptions(options []string) (plain, lines []string, err error) {
	for i := 0; i < len(options); i++ {
		if _, bad := nixexec.SSHOptsEnv(options[i : i+1]); bad == nil && options[i] != "-o" {
			plain = append(plain, options[i])
			continue
		}
		value := strings.TrimPrefix(options[i], "-o")
		if value == "" && i+1 < len(options) {
			i++
			value = options[i]
			if _, bad := nixexec.SSHOptsEnv(options[i : i+1]); bad == nil {
				plain = append(plain, "-o", value)
				continue
			}
		} else if value == options[i] {
			return nil, nil, &request.UsageError{
				Message: fmt.Sprintf("NIX_SSHOPTS: %q holds a space, and is no -o option", options[i]),
				Hint:    "put it into the ssh config of the host",
			}
		}
		keyword, argument, _ := strings.Cut(value, "=")
		lines = append(lines, keyword+" "+argument)
	}
	return plain, lines, nil
}

// writeConfig writes the -F file of this run: the user's options, the ports, then the user's own config.
func (n *network) writeConfig(ports map[string]int, own []string) error {
	if err := n.makeDir(); err != nil {
		return err
	}
	include := []string{n.config}
	if n.config == "" {
		include = sshcfg.Files("")
	}
	n.config = filepath.Join(n.dir, "config")
	if len(own) > 0 {
		options := filepath.Join(n.dir, "options")
		if err := os.WriteFile(options, []byte(strings.Join(own, "\n")+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the ssh options for this run: %w", err)
		}
		include = append([]string{options}, include...)
	}
	return sshcfg.WriteConfig(n.config, ports, include)
}

// files are what was written for this run, for a plan to write again.
func (n *network) files() ([]plan.File, error) {
	entries, err := os.ReadDir(n.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var files []plan.File
	for _, entry := range entries {
		path := filepath.Join(n.dir, entry.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the ssh config of this run: %w", err)
		}
		files = append(files, plan.File{Path: path, Text: string(text)})
	}
	return files, err
}

func (n *network) makeDir() error {
	err := os.Mkdir(n.dir, 0o700)
	if errors.Is(err, os.ErrExist) && n.config == filepath.Join(n.dir, "config") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("making the directory for ssh's sockets: %w", err)
	}
	return nil
}

// machine is a host as this network reaches it.
func (n *network) machine(ctx context.Context, r request.Request, h sshcfg.Host, batch bool) (*plan.Machine, error) {
	endpoint, err := sshcfg.Resolve(ctx, h.String(), n.config, n.options)
	if err != nil {
		return nil, err
	}
	return &plan.Machine{Host: h, Endpoint: endpoint, Master: nixexec.MasterOptions{
		Host: h.String(), Dir: n.dir, Config: n.config, Options: n.options,
		ConnectTimeout: r.ConnectTimeout, AcceptNew: r.AcceptNew, Batch: batch,
	}}, nil
}

// sshOpts is NIX_SSHOPTS for nix and nixos-rebuild: our control path, and what the user had in it.
func (n *network) sshOpts(m *plan.Machine) (string, error) {
	return nixexec.SSHOptsEnv(nixexec.ConnectionOptions(m.Master))
}

// connect opens the one connection to a host and probes it. What stands in the way comes back as findings.
func (n *network) connect(ctx context.Context, m *plan.Machine, query facts.Query) (*connection, []report.Finding, error) {
	c, found, err := n.reach(ctx, m)
	if err != nil || len(found) > 0 {
		return c, found, err
	}
	found, err = n.ask(ctx, c, query)
	return c, found, err
}

// reach opens the one connection to a host, in the foreground so that ssh can ask. Ctrl-C is to be the end of ctx, too: ssh may not have been
// there yet when it was pressed, and would try for as long as it has patience.
func (n *network) reach(ctx context.Context, m *plan.Machine) (*connection, []report.Finding, error) {
	c := &connection{machine: m}
	master, log, err := nixexec.OpenMaster(ctx, m.Master, n.session.Stdio)
	if err != nil {
		var missing *nixexec.NotFoundError
		if errors.As(err, &missing) || ctx.Err() != nil || nixexec.Interrupted(err) {
			return nil, nil, err
		}
		l := check.Login{Alias: m.Host.String(), Endpoint: m.Endpoint, PublicKey: check.PublicKey(m.Endpoint), SudoUser: n.session.Env("SUDO_USER")}
		failure := sshcfg.Diagnose(log)
		c.failure = &failure
		return c, []report.Finding{check.ConnectFinding(l, failure)}, nil
	}
	c.master = master
	n.open = append(n.open, master)
	return c, nil, nil
}

// ask probes a host over its connection.
func (n *network) ask(ctx context.Context, c *connection, query facts.Query) ([]report.Finding, error) {
	var err error
	c.facts, err = n.probe(ctx, c.master, query, c.machine.Master.ConnectTimeout)
	if err == nil {
		return nil, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return []report.Finding{check.ProbeFinding(c.machine.Host.Name, err)}, nil
}

// refuse ends a run whose host gave no usable connection: wrong usage where the name is nobody's, else a failed check. One of several hosts
// does not end the run for the others: its misspelt name is a failed check, too.
func (n *network) refuse(c *connection, found []report.Finding) error {
	name := c.machine.Host.Name
	known := n.inventory.Matches(name) || strings.ContainsAny(name, ".:")
	if c.failure == nil || c.failure.Kind != sshcfg.Unresolved || c.failure.Host != name || known {
		return n.session.report(found, n.request)
	}
	unknown := request.UnknownName("unknown alias", name, "", n.inventory.Names())
	if owner := n.session.aliasBeforeSudo(name); owner != "" {
		unknown = &request.UsageError{
			Message: fmt.Sprintf("alias %q stands only in the ssh config of %q, and sudo makes root's the one in use", name, owner),
			Hint:    "run nixhop without sudo: root is gained on the host",
		}
	}
	if !c.machine.Master.Batch {
		return unknown
	}
	for i, f := range found {
		if f.Name == "host-unreachable" {
			found[i].What, found[i].Why, found[i].Remedy = unknown.Message, strings.ReplaceAll(unknown.Hint, "\n", " "), nil
		}
	}
	return n.session.report(found, n.request)
}

// close ends every connection of the run and removes the sockets' directory.
func (n *network) close() {
	for _, m := range n.open {
		m.Close()
	}
	os.RemoveAll(n.dir)
}

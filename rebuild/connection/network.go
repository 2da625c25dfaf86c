// Package connection opens the one connection of a run to each host, keeps it or makes it anew, and asks the host over
// it: for its facts, for sudo's password, how it reaches another host, what became of an activation. What is done there
// is remote's; nothing is printed here, and nothing is changed on a host.
package connection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// Options say how the hosts of a run are reached.
type Options struct {
	Config           string // the user's file for ssh's -F, or ""
	SSHOpts          string // NIX_SSHOPTS
	ConnectTimeout   time.Duration
	ReconnectTimeout time.Duration       // how long a host is tried again whose connection was lost
	AcceptNew        bool                // remember the key of a host that was never seen before
	Pairs            bool                // nix is to reach two of the hosts at a time
	Lines            map[string][]string // of ssh configuration, that a run adds for hosts, by their names
	Batch            bool                // ask nothing: there is nobody, or hosts are reached side by side

	// Person has the terminal for what ssh asks of a host that lets nobody in without, of hosts that are reached side
	// by side, until done is called; nil: nobody is there.
	Person func(host string) (done func())
	Stdio  nixexec.Stdio // the terminal, for what ssh asks
}

// Network is what all connections of a run share. One connection leads to each HOST word.
type Network struct {
	options Options
	dir     string                 // of the control sockets; 0700
	lock    *os.File               // on that; nil: it was not made yet
	config  string                 // for -F, or ""
	words   []string               // the user's NIX_SSHOPTS, split
	places  map[string]int         // which directory of sockets a host name has, where there are several
	aliases map[sshcfg.Host]string // of ours, for hosts that Nix does not take

	mu       sync.Mutex
	machines map[sshcfg.Host]*located
	links    map[string]*opening
	turns    map[string]*sync.Mutex // in a directory of sockets one is opened at a time
	asking   sync.Mutex             // of one host at a time
	open     []*Link
	beside   sync.WaitGroup
}

// located is a host whose meaning was asked for.
type located struct {
	once    sync.Once
	machine *decision.Machine
	err     error
}

// New prepares the connections of a run to hosts: the socket directory's name, the user's ssh options and,
// where a HOST gave a port, nix is to reach two hosts at a time, Nix does not take the name of one, or the ssh config's
// path means something to somebody on its way, a config file of ours that includes the user's. An error is wrong usage.
func New(ctx context.Context, o Options, hosts []sshcfg.Host) (*Network, error) {
	words, err := ssh.SplitOptions(o.SSHOpts)
	if err != nil {
		return nil, &request.UsageError{Message: err.Error()}
	}
	n := &Network{
		options: o, dir: ssh.SocketDirName(), config: o.Config, places: map[string]int{},
		aliases: map[sshcfg.Host]string{}, machines: map[sshcfg.Host]*located{}, links: map[string]*opening{},
		turns: map[string]*sync.Mutex{},
	}
	options, err := ssh.DivideOptions(words)
	if err != nil {
		return nil, &request.UsageError{Message: "NIX_SSHOPTS: " + err.Error(), Hint: "put it into the ssh config of the host"}
	}
	n.words, n.config = options.Words, cmp.Or(n.config, options.Config)
	if n.config != "" {
		if n.config, err = filepath.Abs(n.config); err != nil {
			return nil, err
		}
		if _, err := os.Stat(n.config); err != nil {
			return nil, &request.UsageError{Message: fmt.Sprintf("no such ssh config: %v", err)}
		}
	}
	ports, err := portsOf(hosts)
	if err != nil {
		return nil, err
	}
	for _, h := range hosts {
		if _, known := n.places[h.Name]; !known {
			n.places[h.Name] = len(n.places)
		}
	}
	settings := n.settings(ports)
	n.addAliases(ctx, settings, hosts)
	if len(settings) == 0 && len(options.Lines) == 0 && (n.config == "" || ssh.PlainPath(n.config)) {
		return n, nil
	}
	if err := n.writeConfig(settings, options.Lines); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// portsOf are the ports that the HOST words give. ssh knows one a name.
func portsOf(hosts []sshcfg.Host) (map[string]int, error) {
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
	return ports, nil
}

// writeConfig writes the -F file of this run: the user's options, ports and sockets of our own, then the user's own
// config.
func (n *Network) writeConfig(settings map[string]sshcfg.Setting, own []string) error {
	if err := n.MakeDir(); err != nil {
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
	return sshcfg.WriteConfig(n.config, settings, include)
}

// settings are what the run sets for host names: the ports that were given, and sockets of their own.
func (n *Network) settings(ports map[string]int) map[string]sshcfg.Setting {
	settings := map[string]sshcfg.Setting{}
	for name := range n.places {
		setting := sshcfg.Setting{Port: ports[name], Lines: n.options.Lines[name]}
		if n.paired() {
			setting.ControlPath = filepath.Join(n.socketDir(name), "%C")
		}
		if setting.Port != 0 || len(setting.Lines) > 0 || setting.ControlPath != "" {
			settings[name] = setting
		}
	}
	return settings
}

// addAliases gives each host that Nix does not take a plain name, under which ssh does what it does for the host
// itself. Where ssh refuses the host, it will say so when it is asked what it means.
func (n *Network) addAliases(ctx context.Context, settings map[string]sshcfg.Setting, hosts []sshcfg.Host) {
	for _, h := range hosts {
		if h.Plain() || n.aliases[h] != "" {
			continue
		}
		options := n.words
		if h.Port != 0 {
			options = append(slices.Clip(options), "-p", strconv.Itoa(h.Port))
		}
		lines, err := sshcfg.Lines(ctx, h.String(), n.config, options)
		if err != nil {
			continue
		}
		alias := fmt.Sprintf("nixhop-%d", len(n.aliases)+1)
		n.aliases[h] = alias
		settings[alias] = sshcfg.Setting{ControlPath: filepath.Join(n.socketDir(h.Name), "%C"), Lines: lines}
	}
}

// paired reports whether nix reaches two names at a time. It is told of one control path: then the config has that of
// each.
func (n *Network) paired() bool { return n.options.Pairs && len(n.places) > 1 }

// socketDir is where the control socket of a host lies. Two names may have the same %C, which does not hold the way to
// a host (OpenSSH 9.2): each has a directory of its own where there are several.
func (n *Network) socketDir(name string) string {
	if place, known := n.places[name]; known && len(n.places) > 1 {
		return filepath.Join(n.dir, strconv.Itoa(place))
	}
	return n.dir
}

// Name names the run: its directory is new each time.
func (n *Network) Name() string { return filepath.Base(n.dir) }

// Dir is the directory of the run, which ends with it.
func (n *Network) Dir() string { return n.dir }

// Files are what was written for this run, for a plan to write again.
func (n *Network) Files() ([]plan.File, error) {
	entries, err := os.ReadDir(n.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var files []plan.File
	for _, entry := range entries {
		path := filepath.Join(n.dir, entry.Name())
		log := strings.HasPrefix(entry.Name(), "log-") // ssh's, of a look at the host
		if !entry.Type().IsRegular() || entry.Name() == ssh.RunLock || log {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading the ssh config of this run: %w", err)
		}
		files = append(files, plan.File{Path: path, Text: string(text)})
	}
	return files, err
}

// MakeDir makes the directory of the run, unless it was made before.
func (n *Network) MakeDir() error {
	dirs := []string{n.dir}
	if len(n.places) > 1 {
		for name := range n.places {
			dirs = append(dirs, n.socketDir(name))
		}
	}
	for i, dir := range dirs {
		var err error
		switch {
		case i > 0:
			err = os.Mkdir(dir, 0o700)
		case n.lock == nil:
			n.lock, err = ssh.MakeRunDir(dir)
		}
		if errors.Is(err, os.ErrExist) && n.config == filepath.Join(n.dir, "config") {
			continue
		}
		if err != nil {
			return fmt.Errorf("making the directory for ssh's sockets: %w", err)
		}
	}
	if err := ssh.TryRoom(n.dir); err != nil {
		return fmt.Errorf("making room for ssh's sockets and log: %w", err)
	}
	return nil
}

// Machine is a host as this network reaches it. The errors are those of sshcfg.Resolve, which is asked once for each
// host.
func (n *Network) Machine(ctx context.Context, h sshcfg.Host) (*decision.Machine, error) {
	n.mu.Lock()
	l := n.machines[h]
	if l == nil {
		l = &located{}
		n.machines[h] = l
	}
	n.mu.Unlock()
	l.once.Do(func() {
		endpoint, err := sshcfg.Resolve(ctx, h.String(), n.config, n.words)
		if err != nil {
			l.err = err
			return
		}
		l.machine = &decision.Machine{Host: h, Endpoint: endpoint, Alias: n.aliases[h], Master: ssh.MasterOptions{
			Host: h.String(), Dir: n.socketDir(h.Name), Config: n.config, Options: n.words,
			ConnectTimeout: n.options.ConnectTimeout, AcceptNew: n.options.AcceptNew, Batch: n.options.Batch,
		}}
	})
	return l.machine, l.err
}

// SSHOpts is NIX_SSHOPTS for nix and nixos-rebuild, which reach one machine or two: our control path, and what the
// user had in it. Of two machines each has a control path of its own, in the config file.
func (n *Network) SSHOpts(machines ...*decision.Machine) (string, error) {
	machines = slices.DeleteFunc(machines, func(m *decision.Machine) bool { return m == nil })
	if len(machines) == 0 {
		return "", nil
	}
	options := ssh.ConnectionOptions(machines[0].Master)
	if machines[0].Master.Dir != machines[len(machines)-1].Master.Dir {
		at := slices.IndexFunc(options, func(word string) bool { return strings.HasPrefix(word, "ControlPath=") })
		options = slices.Delete(slices.Clone(options), at-1, at+1)
	}
	return ssh.OptionsEnv(options)
}

// Beside does something beside the run, at whose end it is waited for: nothing that it has started is left at work
// then. It must end with the context of the run.
func (n *Network) Beside(do func()) { n.beside.Go(do) }

// LookHere begins to look at this machine, beside the run; what it returns waits for that.
func (n *Network) LookHere(ctx context.Context, q facts.HereQuery) func() facts.Here {
	answer := make(chan facts.Here, 1)
	n.Beside(func() { answer <- facts.LookHere(ctx, q) })
	return sync.OnceValue(func() facts.Here { return <-answer })
}

// Close waits for what goes on beside the run, ends every connection and removes the directory.
func (n *Network) Close() {
	n.beside.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range slices.Backward(n.open) {
		l.current().Close()
	}
	n.open = nil
	if n.lock != nil {
		os.RemoveAll(n.dir)
		n.lock.Close()
	}
}

// Lock says, as long as it is open, that the directory of the run is in use; nil: there is none yet.
func (n *Network) Lock() *os.File { return n.lock }

// Script is the text of a plan, with the files that were written for this run.
func (n *Network) Script(p plan.Plan) (text string, err error) {
	if p.Files, err = n.Files(); err == nil {
		text = p.Script()
	}
	return text, err
}

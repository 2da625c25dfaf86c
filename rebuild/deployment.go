package rebuild

import (
	"context"
	"errors"
	"slices"

	"nixhop/sshcfg"
)

// deployment is one host on its way from the request to the outcome.
type deployment struct {
	session  *Session
	request  Request
	target   *Target // nil: this machine
	place    BuildPlace
	source   Source
	names    []string // the flake's configurations; nil: not looked at
	job      Job
	net      *network
	found    []Finding
	chosen   Configuration
	here     func() Here // what was found out about this machine; waits for it
	batch    *batch      // what it shares with others of the run; nil: it is the only one
	checking bool        // this is no deployment, only its checks
	on, at   *connection // target and build host, where they take part

	crossing Crossing // from which system it is cross-compiled
	emulated Answer   // the build host was seen to run programs of the target's system; Unsaid: nobody looked

	ahead         *evaluation // what lookAhead has begun; nil: nothing
	settleBetween func()      // waits for what lookBetween found out, and takes it over
	nativeFor     string      // why nixhop takes the steps itself, where that was not asked for
	facts         FlakeFacts  // what the configuration says of itself
	derivation    string      // of the system, where nixhop has evaluated it

	confirmed     bool   // the user has said yes to a host of another name
	wantsPassword bool   // sudo on the target wants one, and there is somebody to ask
	password      string // for sudo on the target; it goes to standard input and nowhere else
}

// contactActions are the actions for which the target itself is needed.
var contactActions = []string{"switch", "boot", "test", "dry-activate"}

// newDeployment decides what can be decided without a look at any host: ssh says what the names mean, nothing more. In a batch
// nothing is asked on the terminal.
func (s *Session) newDeployment(ctx context.Context, r Request, inv sshcfg.Inventory, target *Target, batch *batch) (*deployment, error) {
	if target != nil {
		r.Hosts = []Selector{target.Selector}
	}
	d := &deployment{session: s, request: r, target: target, batch: batch}
	var err error
	if d.place, err = PlaceBuild(r, target, s.hostName()); err != nil {
		return nil, err
	}
	if d.net, err = s.newNetwork(r, inv, d.hosts()); err != nil {
		return nil, err
	}
	d.source = FindSource(r, s.Dir, exists, realpath)
	if target != nil && d.source == (Source{}) && !r.NoFlake && r.evaluates() {
		d.found = append(d.found, noFlakeFinding(target.Host.String(), r.Action, s.Dir))
	}
	d.job = Job{
		Request: r, Source: d.source, Dir: d.net.dir, TmpDir: shortTmpDir(s.Env("TMPDIR")),
		LocalElevate: s.localElevate(r), Terminal: s.Interactive, NoPreSwitchCheck: s.Env("NIXOS_NO_CHECK") == "1",
	}
	if err = d.addMachines(ctx, batch != nil); err == nil {
		err = d.chooseEngine()
	}
	if err == nil {
		err = d.checkFlags()
	}
	if err == nil {
		err = d.choosePlatform()
	}
	if err != nil {
		d.net.close()
		return nil, err
	}
	return d, nil
}

// hosts are the HOST words that take part.
func (d *deployment) hosts() []sshcfg.Host {
	var hosts []sshcfg.Host
	if d.target != nil {
		hosts = append(hosts, d.target.Host)
	}
	if !d.place.Here && !d.place.Target {
		hosts = append(hosts, d.place.Host)
	}
	return hosts
}

// addMachines fills in the hosts that take part, and what nix and nixos-rebuild must know to reach them. A build host that ssh
// reaches just as it reaches the target is the target.
func (d *deployment) addMachines(ctx context.Context, batch bool) error {
	r := d.request
	var target, build *Machine
	var err error
	contact := slices.Contains(contactActions, r.Action) || r.TargetHostFlag
	if d.target != nil && (contact || d.place.Target) {
		if target, err = d.machine(ctx, d.target.Host, batch); err != nil {
			return err
		}
	}
	if !d.place.Here && !d.place.Target {
		if build, err = d.machine(ctx, d.place.Host, batch); err != nil {
			return err
		}
		if target != nil && target.Endpoint.Reaches(build.Endpoint) {
			d.place = BuildPlace{Target: true}
		}
	}
	if d.place.Target {
		build = target
	}
	if contact {
		d.job.Target = target
	}
	d.job.Build = build
	for _, m := range []*Machine{target, build} {
		if m != nil {
			if d.job.SSHOpts, err = d.net.sshOpts(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// machine asks ssh what a host means. A config that ssh refuses is a finding about the host.
func (d *deployment) machine(ctx context.Context, h sshcfg.Host, batch bool) (*Machine, error) {
	m, err := d.net.machine(ctx, d.request, h, batch)
	var broken *sshcfg.ConfigError
	if errors.As(err, &broken) {
		f := connectFinding(login{Alias: h.String(), Endpoint: sshcfg.Endpoint{Alias: h.String()}},
			sshcfg.Failure{Kind: sshcfg.BadConfig, File: broken.File, Line: broken.Line, Text: broken.Text})
		return nil, d.session.report([]Finding{f}, d.request)
	}
	return m, err
}

// chooseEngine settles who does the work.
func (d *deployment) chooseEngine() error {
	dialect, why, err := d.session.chooseEngine(d.request, d.place)
	if err != nil {
		return err
	}
	d.job.Dialect = dialect
	d.nativeFor = why
	return nil
}

package rebuild

import (
	"context"
	"errors"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// deployment is one host on its way from the request to the outcome.
type deployment struct {
	session  *Session
	request  request.Request
	target   *source.Target // nil: this machine
	place    plan.BuildPlace
	source   source.Source
	names    []string // the flake's configurations; nil: not looked at
	job      plan.Job
	net      *network
	found    []report.Finding
	chosen   source.Configuration
	here     func() facts.Here // what was found out about this machine; waits for it
	batch    *batch            // what it shares with others of the run; nil: it is the only one
	checking bool              // this is no deployment, only its checks
	on, at   *connection       // target and build host, where they take part

	crossing plan.Crossing // from which system it is cross-compiled
	emulated facts.Answer  // the build host was seen to run programs of the target's system; Unsaid: nobody looked

	ahead         *evaluation       // what lookAhead has begun; nil: nothing
	settleBetween func()            // waits for what lookBetween found out, and takes it over
	nativeFor     string            // why nixhop takes the steps itself, where that was not asked for
	facts         source.FlakeFacts // what the configuration says of itself
	derivation    string            // of the system, where nixhop has evaluated it

	confirmed     bool           // the user has said yes to a host of another name
	wantsPassword bool           // sudo on the target wants one, and there is somebody to ask
	password      nixexec.Secret // for sudo on the target; it goes to standard input and nowhere else
}

// newDeployment decides what can be decided without a look at any host: ssh says what the names mean, nothing more. In a batch
// nothing is asked on the terminal.
func (s *Session) newDeployment(ctx context.Context, r request.Request, inv sshcfg.Inventory, target *source.Target, batch *batch) (*deployment, error) {
	if target != nil {
		r.Hosts = []request.Selector{target.Selector}
	}
	d := &deployment{session: s, request: r, target: target, batch: batch}
	var err error
	if d.place, err = plan.PlaceBuild(r, target, s.hostName()); err != nil {
		return nil, err
	}
	if d.net, err = s.newNetwork(r, inv, d.hosts()); err != nil {
		return nil, err
	}
	d.source = source.FindSource(r, s.Dir, nixexec.Exists, nixexec.Realpath)
	if target != nil && d.source == (source.Source{}) && !r.NoFlake && r.Evaluates() {
		d.found = append(d.found, check.NoFlakeFinding(target.Host.String(), s.Dir))
	}
	d.job = plan.Job{
		Request: r, Source: d.source, Dir: d.net.dir, TmpDir: plan.ShortTmpDir(s.Env("TMPDIR")),
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
	var target, build *plan.Machine
	var err error
	contact := slices.Contains(request.ContactActions, r.Action) || r.TargetHostFlag
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
			d.place = plan.BuildPlace{Target: true}
		}
	}
	if d.place.Target {
		build = target
	}
	if contact {
		d.job.Target = target
	}
	d.job.Build = build
	for _, m := range []*plan.Machine{target, build} {
		if m != nil {
			if d.job.SSHOpts, err = d.net.sshOpts(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// machine asks ssh what a host means. A config that ssh refuses is a finding about the host.
func (d *deployment) machine(ctx context.Context, h sshcfg.Host, batch bool) (*plan.Machine, error) {
	m, err := d.net.machine(ctx, d.request, h, batch)
	var broken *sshcfg.ConfigError
	if errors.As(err, &broken) {
		f := check.ConnectFinding(check.Login{Alias: h.String(), Endpoint: sshcfg.Endpoint{Alias: h.String()}},
			sshcfg.Failure{Kind: sshcfg.BadConfig, File: broken.File, Line: broken.Line, Text: broken.Text})
		return nil, d.session.report([]report.Finding{f}, d.request)
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

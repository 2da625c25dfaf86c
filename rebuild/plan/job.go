package plan

import (
	"path/filepath"
	"strings"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Job is a deployment in which everything is decided: a plan is a pure function of it.
type Job struct {
	Request       request.Request
	Source        source.Source
	Configuration string
	Run           string             // names the run, so that the outcome of its activation can be asked for later
	By            string             // who deploys, for others who wait for it: "me on laptop"
	Dir           string             // of the connections' sockets and of what else lives as long as the run
	Name          string             // of the host, for what is left of its build, where there are several; empty: there is one
	Target        *decision.Machine  // nil: activation happens here, or not at all
	Build         *decision.Machine  // nil: built here
	Between       *sshcfg.Host       // how the build host reaches the target itself; nil: what it builds goes through this machine
	Copies        decision.Copies    // how store paths go
	Dialect       *decision.Dialect  // the nixos-rebuild to run; nil: nixhop takes the steps itself
	SSHOpts       string             // NIX_SSHOPTS for nix and nixos-rebuild
	Cross         string             // the platform that the system is built on, where that is forced; empty: what the configuration says
	Settings      []source.Setting   // of the flake for Nix, as far as the user lets it
	Far           bool               // the way to where a nixos-rebuild copies is long
	Locked        bool               // the flake cannot change, so that Nix's cache of evaluations may know the derivation
	System        string             // builtins.currentSystem for the evaluation; empty: this machine's
	Substitutes   bool               // the node wants hosts to fetch from binary caches, as by --use-substitutes
	Emulate       string             // a system that the build host is told to build for, too
	Elevate       []string           // in front of what needs root on the target; empty where the login is root
	Password      bool               // sudo on the target wants one
	Commands      *decision.Commands // what sudo lets the login run there alone; nil: a shell
	Terminal      bool               // progress can be shown
	Monitored     bool               // by nix-output-monitor, where it can
	LocalElevate  []string           // in front of what needs root on this machine
	Guard         *Guard             // beside the activation on the target; nil: none
	Once          bool               // a system that comes up with a reboot is booted once first, where the boot loader can
	NoGuard       string             // why there is none, where that is worth a word

	NoPreSwitchCheck bool // NIXOS_NO_CHECK=1 was set here: it must cross ssh to have its effect (nixos-anywhere#478)
}

// SameHost reports whether the system is built where it is activated, so that nothing is copied.
func (j Job) SameHost() bool { return j.Build == j.Target }

// link is the name of a link to the system that is built: one for each host.
func (j Job) link(name string) string {
	if j.Name == "" {
		return name
	}
	return name + "-" + strings.ReplaceAll(j.Name, "/", "-")
}

// Wanted is the evaluation of the job's configuration.
func (j Job) Wanted() source.Wanted {
	return source.Wanted{Source: j.Source, Configuration: j.Configuration, Request: j.Request, Cross: j.Cross, System: j.System}
}

// Environment is what nix and nixos-rebuild are given beside their arguments. nixos-rebuild has a ControlPath of its
// own, and the ng of 24.11 to 25.11 puts it before ours for nix-copy-closure (NixOS/nixpkgs#463271): a second
// connection, as ssh takes the first -o of a kind. ssh's -S wins wherever it stands. So no socket lies below TMPDIR,
// where its name may be too long (nixpkgs#168322, #495484), and TMPDIR stays the user's: what Nix unpacks and builds
// there may have no room elsewhere.
func (j Job) Environment() []string {
	var env []string
	if j.SSHOpts != "" {
		options := j.SSHOpts
		if j.Dialect != nil {
			options += " -S " + filepath.Join(j.Dir, "%C")
		}
		env = append(env, "NIX_SSHOPTS="+options)
	}
	return env
}

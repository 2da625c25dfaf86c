package decision

import (
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// Roles adds what the probe asks the machines of a deployment: only what its part in it needs. One machine may have
// several, in several deployments.
func Roles(all map[*Machine]facts.Query, r request.Request, target, build *Machine) {
	for _, m := range []*Machine{target, build} {
		if m == nil {
			continue
		}
		q := all[m]
		q.Target = q.Target || m == target
		q.BuildHost = q.BuildHost || m == build
		q.Run0 = q.Run0 || r.Method() == string(facts.ByRun0)
		words, _ := r.SudoWords() // Decide refuses what cannot be read
		q.Sudo = nixexec.ShellWords(words)
		q.Wanted = r.Generation()
		q.Profile = r.Value("--profile-name")
		all[m] = q
	}
}

// Look is what a look at the machines of deployments, and at this one, asks for before a decision: of each only what
// its part needs. Where one host is built here, what Nix can build here is asked for, too.
func Look(all []Known) (roles map[*Machine]facts.Query, here facts.HereQuery) {
	roles = map[*Machine]facts.Query{}
	var machines []*Machine
	for _, k := range all {
		Roles(roles, k.Request, k.Machine, k.Builder)
		here.Settings = request.SettingWords(k.Request)
		if k.Request.Evaluates() {
			here.Flake, here.BuildHere = k.Source.Flake, here.BuildHere || k.Builder == nil
		}
		machines = append(machines, k.Machine, k.Builder)
	}
	here.Endpoints = Endpoints(machines...)
	return roles, here
}

// Looking is what is looked at beside everything else, once for all hosts of a run. Of a nil one, nothing is known.
type Looking struct {
	Roles map[*Machine]facts.Query // what each machine is asked
	Here  func() facts.Here        // this machine; waits for it
}

// For is what is known of this machine, as far as it has to do with a deployment; it waits.
func (l *Looking) For(target, build *Machine) facts.Here {
	return l.Here().For(Endpoints(target, build))
}

// Nix is what the Nix here says of itself; it waits.
func (l *Looking) Nix() facts.Nix {
	if l == nil {
		return facts.Nix{}
	}
	return l.Here().Nix
}

// BuildNix is what the Nix of a build host says of itself: at is what that has told, and no build host is this machine.
func (l *Looking) BuildNix(build *Machine, at *facts.Host) facts.Nix {
	switch {
	case at != nil:
		return at.Nix
	case build == nil:
		return l.Nix()
	default:
		return facts.Nix{}
	}
}

// Endpoints are what ssh makes of the machines that take part (nil: none does), each once.
func Endpoints(machines ...*Machine) []sshcfg.Endpoint {
	var all []sshcfg.Endpoint
	for _, m := range machines {
		if m != nil && !slices.ContainsFunc(all, m.Is) {
			all = append(all, m.Endpoint)
		}
	}
	return all
}

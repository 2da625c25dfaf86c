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
		q.Profile = r.Value("--profile-name")
		all[m] = q
	}
}

// Look is what a look at the machines of deployments, and at this one, asks for before a decision: of each only what its
// part needs.
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

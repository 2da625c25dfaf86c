package rebuild

import (
	"os"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// place decides where each host's system is built, and names the hosts of the run. Many hosts are deployed by nixhop's
// own steps.
func (s *Session) place(r request.Request, src source.Source, inv sshcfg.Inventory, targets []*source.Target) (placed []Placed, hosts []sshcfg.Host, err error) {
	own, _ := os.Hostname()
	isAlias := func(name string) bool { _, found := inv.Find(name); return found }
	s.Say.Info(decision.AmbiguousBuildHosts(r, targets, own, isAlias)...)
	if isAlias(own) {
		own = ""
	}
	if len(targets) > 1 || r.Watched() {
		r.Engine = request.EngineNative
		r.JSON = r.JSON && !r.Events()
	}
	for _, t := range targets {
		p := Placed{Target: t, Request: t.Own(r), Source: src}
		s.Say.For(p.Name()).Warnings(t.Complaints()...)
		if p.Place, err = decision.PlaceBuild(r, t, own); err != nil {
			return nil, nil, err
		}
		placed, hosts = append(placed, p), append(hosts, p.Place.Hosts(t)...)
	}
	return placed, hosts, nil
}

package decision

import (
	"maps"
	"slices"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Of each machine only what its part needs is asked, and of this one what any of the deployments needs.
func TestLook(t *testing.T) {
	machine := func(name string) *Machine {
		return &Machine{Host: sshcfg.Host{Name: name}, Endpoint: sshcfg.Endpoint{Alias: name}}
	}
	web, big := machine("web"), machine("big")
	flake := source.Source{Flake: "."}
	built := request.Request{Action: "switch"}
	stored := request.Request{Action: "switch", Flags: []request.Flag{{Name: "--store-path", Values: []string{"/nix/store/x"}}}}
	for _, c := range []struct {
		what      string
		all       []Known
		roles     map[*Machine]facts.Query
		flake     string
		here      bool
		endpoints []string
	}{
		{"built here", []Known{{Request: built, Source: flake, Machine: web}}, map[*Machine]facts.Query{web: {Target: true}}, ".", true, []string{"web"}},
		{"by the target", []Known{{Request: built, Source: flake, Machine: web, Builder: web}},
			map[*Machine]facts.Query{web: {Target: true, BuildHost: true}}, ".", false, []string{"web"}},
		{"two, of which one is built here", []Known{{Request: built, Source: flake, Machine: web}, {Request: built, Source: flake, Machine: big, Builder: web}},
			map[*Machine]facts.Query{web: {Target: true, BuildHost: true}, big: {Target: true}}, ".", true, []string{"web", "big"}},
		{"nothing is built", []Known{{Request: stored, Source: flake, Machine: web}}, map[*Machine]facts.Query{web: {Target: true}}, "", false, []string{"web"}},
	} {
		roles, here := Look(c.all)
		var endpoints []string
		for _, e := range here.Endpoints {
			endpoints = append(endpoints, e.Alias)
		}
		if !maps.Equal(roles, c.roles) || here.Flake != c.flake || here.BuildHere != c.here || !slices.Equal(endpoints, c.endpoints) {
			t.Errorf("%s: %+v, %+v", c.what, roles, here)
		}
	}
}

// The Nix of the build host is that of this machine only where this machine builds, and nobody's where nobody looked.
func TestBuildNix(t *testing.T) {
	here := &Looking{Here: func() facts.Here { return facts.Here{Nix: facts.Nix{Version: "2.28"}} }}
	at := &facts.Host{Nix: facts.Nix{Version: "2.18"}}
	for _, c := range []struct {
		what  string
		look  *Looking
		build *Machine
		at    *facts.Host
		want  string
	}{
		{"this machine", here, nil, nil, "2.28"},
		{"this machine, unseen", nil, nil, nil, ""},
		{"a build host", here, machineFor("big"), at, "2.18"},
		{"a build host, unseen", here, machineFor("big"), nil, ""},
	} {
		if got := c.look.BuildNix(c.build, c.at).Version; got != c.want {
			t.Errorf("%s: %q", c.what, got)
		}
	}
}

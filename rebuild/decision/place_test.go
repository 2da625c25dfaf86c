package decision

import (
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

func TestPlaceBuild(t *testing.T) {
	target := &source.Target{}
	target.Host.Name = "web"
	hinted := &source.Target{}
	hinted.Host.Name = "web"
	hinted.Hints.BuildHost = "target"
	tests := []struct {
		name   string
		host   string
		given  bool
		target *source.Target
		want   Place
	}{
		{"nothing said", "", false, target, Place{Here: true}},
		{"empty", "", true, target, Place{Here: true}},
		{"local", "local", true, target, Place{Here: true}},
		{"NixOS/nixpkgs#148921: localhost is no ssh", "localhost", true, target, Place{Here: true}},
		{"own name", "laptop", true, target, Place{Here: true}},
		{"target", "target", true, target, Place{Target: true}},
		{"the target by its alias", "web", true, target, Place{Target: true}},
		{"hint", "", false, hinted, Place{Target: true}},
		{"the command line wins over the hint", "local", true, hinted, Place{Here: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := PlaceBuild(request.Request{Action: "switch", BuildHost: test.host, BuildHostGiven: test.given}, test.target, "laptop")
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
	// Field: an alias with this machine's own name meant "here" without a word ("nixos" is NixOS' default).
	for word, want := range map[string]string{
		"nixos": "--build-host nixos is the alias", "target": "is the host itself", "local": "is this machine", "big": "", "web": "", "": "",
	} {
		isAlias := func(name string) bool { return name != "big" }
		if got := AmbiguousBuildHost(word, "nixos", isAlias); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q", word, got)
		}
	}
	got, err := PlaceBuild(request.Request{BuildHost: "root@big", BuildHostGiven: true}, target, "laptop")
	if err != nil || got.Here || got.Target || got.Host.String() != "root@big" {
		t.Errorf("a third host: got %+v, %v", got, err)
	}
	if _, err := PlaceBuild(request.Request{Action: "switch", BuildHost: "target", BuildHostGiven: true}, nil, "laptop"); err == nil {
		t.Error("--build-host target without a target must be an error")
	}
	if _, err := PlaceBuild(request.Request{BuildHost: "-oProxyCommand=x", BuildHostGiven: true}, target, "laptop"); err == nil {
		t.Error("a build host that is an option of ssh must be refused")
	}
}

// Only a build host of its own is one more host that is to be reached.
func TestPlaceHosts(t *testing.T) {
	web, big := sshcfg.Host{Name: "web"}, sshcfg.Host{Name: "big"}
	for _, c := range []struct {
		place  Place
		target *source.Target
		want   []sshcfg.Host
	}{
		{Place{Here: true}, nil, nil},
		{Place{Here: true}, &source.Target{Host: web}, []sshcfg.Host{web}},
		{Place{Target: true}, &source.Target{Host: web}, []sshcfg.Host{web}},
		{Place{Host: big}, &source.Target{Host: web}, []sshcfg.Host{web, big}},
		{Place{Host: big}, nil, []sshcfg.Host{big}},
	} {
		if got := c.place.Hosts(c.target); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.place, got, c.want)
		}
	}
}

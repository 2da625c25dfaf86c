package plan

import (
	"slices"
	"testing"

	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

func TestFindSource(t *testing.T) {
	tests := []struct {
		name    string
		request request.Request
		files   []string
		want    source.Source
	}{
		{"reference and name", request.Request{Flake: "/x#a.b", FlakeGiven: true}, nil, source.Source{Flake: "/x", Name: "a.b"}},
		{"the last # counts", request.Request{Flake: "git+file:///x?ref=a#b#c", FlakeGiven: true}, nil, source.Source{Flake: "git+file:///x?ref=a#b", Name: "c"}},
		{"only a name", request.Request{Flake: "#a", FlakeGiven: true}, nil, source.Source{Flake: ".", Name: "a"}},
		{"no name", request.Request{Flake: "github:a/b", FlakeGiven: true}, nil, source.Source{Flake: "github:a/b"}},
		{"the flake here", request.Request{}, []string{"/home/u/conf/flake.nix"}, source.Source{Flake: "."}},
		{"the flake above", request.Request{}, []string{"/home/u/flake.nix"}, source.Source{Flake: "."}},
		{"not above the git tree", request.Request{}, []string{"/home/u/conf/.git", "/home/u/flake.nix"}, source.Source{}},
		{"/etc/nixos", request.Request{}, []string{"/etc/nixos/flake.nix"}, source.Source{Flake: "/real/etc/nixos"}},
		{"--target-host alone looks only in /etc/nixos", request.Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix"}, source.Source{}},
		{"--target-host with /etc/nixos", request.Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix", "/etc/nixos/flake.nix"}, source.Source{Flake: "/real/etc/nixos"}},
		{"--no-flake", request.Request{NoFlake: true}, []string{"/home/u/conf/flake.nix"}, source.Source{}},
		{"--file", request.Request{File: "x.nix"}, []string{"/home/u/conf/flake.nix"}, source.Source{File: "x.nix"}},
		{"--attr, newest default", request.Request{Attr: "a"}, []string{"/home/u/conf/system.nix"}, source.Source{File: "system.nix", Attr: "a"}},
		{"--attr, older default", request.Request{Attr: "a"}, nil, source.Source{File: "default.nix", Attr: "a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			has := func(path string) bool { return slices.Contains(test.files, path) }
			real := func(path string) string { return "/real" + path }
			if got := source.FindSource(test.request, "/home/u/conf", has, real); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

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
		want   BuildPlace
	}{
		{"nothing said", "", false, target, BuildPlace{Here: true}},
		{"empty", "", true, target, BuildPlace{Here: true}},
		{"local", "local", true, target, BuildPlace{Here: true}},
		{"NixOS/nixpkgs#148921: localhost is no ssh", "localhost", true, target, BuildPlace{Here: true}},
		{"own name", "laptop", true, target, BuildPlace{Here: true}},
		{"target", "target", true, target, BuildPlace{Target: true}},
		{"the target by its alias", "web", true, target, BuildPlace{Target: true}},
		{"hint", "", false, hinted, BuildPlace{Target: true}},
		{"the command line wins over the hint", "local", true, hinted, BuildPlace{Here: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := PlaceBuild(request.Request{Action: "switch", BuildHost: test.host, BuildHostGiven: test.given}, test.target, "laptop")
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
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

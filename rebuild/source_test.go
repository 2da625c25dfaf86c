package rebuild

import (
	"slices"
	"testing"
)

func TestFindSource(t *testing.T) {
	tests := []struct {
		name    string
		request Request
		files   []string
		want    Source
	}{
		{"reference and name", Request{Flake: "/x#a.b", FlakeGiven: true}, nil, Source{Flake: "/x", Name: "a.b"}},
		{"the last # counts", Request{Flake: "git+file:///x?ref=a#b#c", FlakeGiven: true}, nil, Source{Flake: "git+file:///x?ref=a#b", Name: "c"}},
		{"only a name", Request{Flake: "#a", FlakeGiven: true}, nil, Source{Flake: ".", Name: "a"}},
		{"no name", Request{Flake: "github:a/b", FlakeGiven: true}, nil, Source{Flake: "github:a/b"}},
		{"the flake here", Request{}, []string{"/home/u/conf/flake.nix"}, Source{Flake: "."}},
		{"the flake above", Request{}, []string{"/home/u/flake.nix"}, Source{Flake: "."}},
		{"not above the git tree", Request{}, []string{"/home/u/conf/.git", "/home/u/flake.nix"}, Source{}},
		{"/etc/nixos", Request{}, []string{"/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--target-host alone looks only in /etc/nixos", Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"--target-host with /etc/nixos", Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix", "/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--no-flake", Request{NoFlake: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"--file", Request{File: "x.nix"}, []string{"/home/u/conf/flake.nix"}, Source{File: "x.nix"}},
		{"--attr, newest default", Request{Attr: "a"}, []string{"/home/u/conf/system.nix"}, Source{File: "system.nix", Attr: "a"}},
		{"--attr, older default", Request{Attr: "a"}, nil, Source{File: "default.nix", Attr: "a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			has := func(path string) bool { return slices.Contains(test.files, path) }
			real := func(path string) string { return "/real" + path }
			if got := FindSource(test.request, "/home/u/conf", has, real); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestPlaceBuild(t *testing.T) {
	target := &Target{}
	target.Host.Name = "web"
	hinted := &Target{}
	hinted.Host.Name = "web"
	hinted.Hints.BuildHost = "target"
	tests := []struct {
		name   string
		host   string
		given  bool
		target *Target
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
			got, err := PlaceBuild(Request{Action: "switch", BuildHost: test.host, BuildHostGiven: test.given}, test.target, "laptop")
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
	got, err := PlaceBuild(Request{BuildHost: "root@big", BuildHostGiven: true}, target, "laptop")
	if err != nil || got.Here || got.Target || got.Host.String() != "root@big" {
		t.Errorf("a third host: got %+v, %v", got, err)
	}
	if _, err := PlaceBuild(Request{Action: "switch", BuildHost: "target", BuildHostGiven: true}, nil, "laptop"); err == nil {
		t.Error("--build-host target without a target must be an error")
	}
	if _, err := PlaceBuild(Request{BuildHost: "-oProxyCommand=x", BuildHostGiven: true}, target, "laptop"); err == nil {
		t.Error("a build host that is an option of ssh must be refused")
	}
}

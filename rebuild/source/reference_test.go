package source

import (
	"slices"
	"testing"

	"nixhop/rebuild/request"
)

func TestFindSource(t *testing.T) {
	hosts := request.Request{Action: "switch", Hosts: []request.Selector{{Word: "web", Host: "web"}}}
	tests := []struct {
		name    string
		request request.Request
		files   []string
		want    Source
	}{
		{"reference and name", request.Request{Flake: "/x#a.b", FlakeGiven: true}, nil, Source{Flake: "/x", Name: "a.b"}},
		{"the last # counts", request.Request{Flake: "git+file:///x?ref=a#b#c", FlakeGiven: true}, nil, Source{Flake: "git+file:///x?ref=a#b", Name: "c"}},
		{"only a name", request.Request{Flake: "#a", FlakeGiven: true}, nil, Source{Flake: ".", Name: "a"}},
		{"no name", request.Request{Flake: "github:a/b", FlakeGiven: true}, nil, Source{Flake: "github:a/b"}},
		{"the flake here", hosts, []string{"/home/u/conf/flake.nix"}, Source{Flake: "."}},
		{"the flake above", hosts, []string{"/home/u/flake.nix"}, Source{Flake: "."}},
		{"not above the git tree", hosts, []string{"/home/u/conf/.git", "/home/u/flake.nix"}, Source{}},
		{"the flake here for all that is checked", request.Request{Action: "check"}, []string{"/home/u/conf/flake.nix"}, Source{Flake: "."}},
		// What nixos-rebuild would deploy here is what is deployed, whatever --build-host or another flag of ours says.
		{"no host", request.Request{Action: "switch", BuildHostGiven: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"no host, /etc/nixos", request.Request{Action: "switch", BuildHostGiven: true},
			[]string{"/home/u/conf/flake.nix", "/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--flake alone with --target-host", request.Request{FlakeGiven: true, TargetHostFlag: true}, []string{"/etc/nixos/flake.nix"}, Source{Flake: "."}},
		{"/etc/nixos", hosts, []string{"/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--target-host alone looks only in /etc/nixos", request.Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"--target-host with /etc/nixos", request.Request{TargetHostFlag: true}, []string{"/home/u/conf/flake.nix", "/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
		{"--no-flake", request.Request{NoFlake: true}, []string{"/home/u/conf/flake.nix"}, Source{}},
		{"--file", request.Request{File: "x.nix"}, []string{"/home/u/conf/flake.nix"}, Source{File: "x.nix"}},
		{"--attr, newest default", request.Request{Attr: "a"}, []string{"/home/u/conf/system.nix"}, Source{File: "system.nix", Attr: "a"}},
		{"--attr, older default", request.Request{Attr: "a"}, nil, Source{File: "default.nix", Attr: "a"}},
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

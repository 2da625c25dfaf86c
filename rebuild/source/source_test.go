package source

import (
	"slices"
	"testing"

	"nixhop/rebuild/request"
)

func TestFindSource(t *testing.T) {
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
		{"the flake here", request.Request{}, []string{"/home/u/conf/flake.nix"}, Source{Flake: "."}},
		{"the flake above", request.Request{}, []string{"/home/u/flake.nix"}, Source{Flake: "."}},
		{"not above the git tree", request.Request{}, []string{"/home/u/conf/.git", "/home/u/flake.nix"}, Source{}},
		{"/etc/nixos", request.Request{}, []string{"/etc/nixos/flake.nix"}, Source{Flake: "/real/etc/nixos"}},
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

package source

import (
	"testing"

	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// The flake's list is wanted of a host whose configuration could be misnamed, and of nothing else.
func TestWantsNames(t *testing.T) {
	web, fixed := &Target{Host: sshcfg.Host{Name: "web"}}, &Target{Selector: request.Selector{Configuration: "n"}}
	flake, action := Source{Flake: "."}, "switch"
	for _, c := range []struct {
		what   string
		target *Target
		src    Source
		r      request.Request
		want   bool
	}{
		{"a host", web, flake, request.Request{Action: action}, true},
		{"this machine", nil, flake, request.Request{Action: action}, false},
		{"no flake", web, Source{}, request.Request{Action: action}, false},
		{"nothing is evaluated", web, flake, request.Request{Action: action, Flags: []request.Flag{{Name: "--rollback"}}}, false},
		{"unchecked, but nobody has named it", web, flake, request.Request{Action: action, NoCheck: true}, true},
		{"unchecked and named", fixed, flake, request.Request{Action: action, NoCheck: true}, false},
		{"named", fixed, flake, request.Request{Action: action}, true},
	} {
		if got := c.target.WantsNames(c.src, c.r); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

// A target is written as it was typed, as ssh takes it, and by its alias alone; this machine is no target.
func TestTargetNames(t *testing.T) {
	web := &Target{Selector: request.Selector{Word: "me@web=n"}, Host: sshcfg.Host{User: "me", Name: "web"}}
	var here *Target
	for _, c := range [][2]string{
		{web.Word(), "me@web=n"}, {web.SSH(), "me@web"}, {web.Name(), "web"}, {here.Word(), "here"}, {here.SSH(), ""}, {here.Name(), "here"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}

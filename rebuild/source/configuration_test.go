package source

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// What a flake calls its configurations is said as one line that does nothing to a terminal (issue 9, number 32).
func TestNamesInSentences(t *testing.T) {
	none := &NoConfigurationError{Flake: ".", Asked: []Configuration{{Name: "web", From: "alias"}}, Names: []string{"we\x1b[2J", "b\u202e\nnixhop: ok"}}
	if got := none.Error(); strings.ContainsAny(got, "\x1b\u202e") || strings.Contains(got, "\nnixhop") {
		t.Errorf("%q", got)
	}
}

func TestChooseConfiguration(t *testing.T) {
	names := []string{"my-nixos", "n2-host", "web"}
	target := func(alias, given, hint string) Target {
		return Target{Selector: request.Selector{Word: alias, Host: alias, Configuration: given}, Host: sshcfg.Host{Name: alias},
			Hints: sshcfg.Hints{Configuration: hint}}
	}
	tests := []struct {
		name     string
		target   Target
		source   Source
		names    []string
		hostName string
		want     Configuration
		ask      bool
		err      string
	}{
		{"command line wins over all", target("web", "my-nixos", "n2-host"), Source{Flake: ".", Name: "web"}, names, "", Configuration{"my-nixos", "command line", true}, false, ""},
		{"the command line wins over a hint", target("web", "", "my-nixos"), Source{Flake: ".", Name: "web"}, names, "",
			Configuration{"web", "--flake", true}, false, ""},
		{"--flake wins over alias", target("web", "", ""), Source{Flake: ".", Name: "my-nixos"}, names, "", Configuration{"my-nixos", "--flake", true}, false, ""},
		{"alias", target("web", "", ""), Source{Flake: "."}, names, "n2-host", Configuration{"web", "alias", false}, false, ""},
		{"nobody looked", target("other", "", ""), Source{Flake: "."}, nil, "", Configuration{"other", "alias", false}, false, ""},
		{"the host must be asked", target("n2", "", ""), Source{Flake: "."}, names, "", Configuration{}, true, `has no configuration "n2" (from the alias)`},
		{"host name", target("n2", "", ""), Source{Flake: "."}, names, "n2-host", Configuration{"n2-host", "host name", false}, false, ""},
		{"typo on the command line", target("web", "my-nixso", ""), Source{Flake: "."}, names, "", Configuration{}, false, "did you mean my-nixos?"},
		{"neither", target("n2", "", ""), Source{Flake: "."}, names, "elsewhere", Configuration{}, false, `no configuration "n2" (from the alias) nor "elsewhere" (from the host name)`},
		{"empty flake", target("n2", "", ""), Source{Flake: "x"}, []string{}, "", Configuration{}, true, "it has none at all: nix flake show x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ask, err := ChooseConfiguration(test.target, test.source, test.names, test.hostName)
			if got != test.want || ask != test.ask {
				t.Errorf("got %+v, ask %v; want %+v, ask %v", got, ask, test.want, test.ask)
			}
			switch {
			case test.err == "" && err != nil:
				t.Errorf("unexpected error: %v", err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("error %v, want one with %q", err, test.err)
			}
		})
	}
}

func TestNoConfigurationGiven(t *testing.T) {
	_, _, err := ChooseConfiguration(Target{Selector: request.Selector{Configuration: "x"}}, Source{Flake: "."}, []string{"y"}, "")
	var none *NoConfigurationError
	if !errors.As(err, &none) || !none.Given() {
		t.Errorf("a name from the command line must be wrong usage, got %v", err)
	}
	_, _, err = ChooseConfiguration(Target{Hints: sshcfg.Hints{Configuration: "x"}}, Source{Flake: "."}, []string{"y"}, "")
	if !errors.As(err, &none) || none.Given() {
		t.Errorf("a name from a hint must be a finding, got %v", err)
	}
}

// Field: 10,000 configurations and a wrong name, and the error had 179 kB. A list is bounded, the nearest first.
func TestNoConfigurationOfThousands(t *testing.T) {
	var names []string
	for i := range 10_000 {
		names = append(names, fmt.Sprintf("host-%05d", i))
	}
	_, _, err := ChooseConfiguration(Target{Host: sshcfg.Host{Name: "hots-07777"}}, Source{Flake: "."}, names, "")
	if err == nil || len(err.Error()) > 1000 {
		t.Fatalf("%d bytes", len(fmt.Sprint(err)))
	}
	for _, want := range []string{"did you mean host-07777", "it has: host-07777, ", " and 9980 more"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %s", want, err)
		}
	}
}

// A target is asked for its name only where that decides, nothing is known of it, and somebody may ask.
func TestSettle(t *testing.T) {
	web := &Target{Selector: request.Selector{Word: "web", Host: "web"}, Host: sshcfg.Host{Name: "web"}}
	flake := Source{Flake: "."}
	unreached := errors.New("off")
	stored := request.Request{Flags: []request.Flag{{Name: "--store-path", Values: []string{"/nix/store/x"}}}}
	for _, c := range []struct {
		what   string
		target *Target
		src    Source
		r      request.Request
		own    string
		answer string // empty: it is not reached
		may    bool
		asked  bool
		want   string
		wrong  bool
	}{
		{"no flake", web, Source{}, request.Request{}, "", "", true, false, "", false},
		{"a store path", web, flake, stored, "", "", true, false, "", false},
		{"this machine", nil, flake, request.Request{}, "laptop", "", true, false, "laptop", false},
		{"this machine, named", nil, Source{Flake: ".", Name: "n"}, request.Request{}, "laptop", "", true, false, "n", false},
		{"its name is known", web, flake, request.Request{}, "node", "", true, false, "node", false},
		{"it tells its name", web, flake, request.Request{}, "", "node", true, true, "node", false},
		{"it tells another name", web, flake, request.Request{}, "", "other", true, true, "", true},
		{"it is not reached", web, flake, request.Request{}, "", "", true, true, "", true},
		{"nobody may ask", web, flake, request.Request{}, "", "node", false, false, "", true},
	} {
		asked := false
		ask := func(why error) (string, error) {
			var none *NoConfigurationError
			if asked = true; !errors.As(why, &none) {
				t.Errorf("%s: asked for %v", c.what, why)
			}
			if c.answer == "" {
				return "", unreached
			}
			return c.answer, nil
		}
		if !c.may {
			ask = nil
		}
		got, err := Settle(c.target, c.src, c.r, []string{"node", "db"}, c.own, ask)
		if got.Name != c.want || (err != nil) != c.wrong || asked != c.asked || asked && c.answer == "" && err != unreached {
			t.Errorf("%s: %+v, %v, asked %v", c.what, got, err, asked)
		}
	}
}

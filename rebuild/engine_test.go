package rebuild

import (
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/source"
)

// What no nixos-rebuild does for a host is nixhop's to do, and nothing else.
func TestBeyondNixosRebuild(t *testing.T) {
	bash := plan.Dialect{Known: []string{"--fast", "--target-host", "--use-remote-sudo"}}
	first := plan.Dialect{Known: []string{"--ask-sudo-password", "--fast", "--sudo", "--target-host"}}
	ng := plan.Dialect{Known: []string{"--ask-sudo-password", "--no-reexec", "--sudo", "--target-host"}}
	here, target, third := plan.BuildPlace{Here: true}, plan.BuildPlace{Target: true}, plan.BuildPlace{}
	for _, test := range []struct {
		line    string
		place   plan.BuildPlace
		dialect plan.Dialect
		want    string
	}{
		{"switch web", here, bash, ""},
		{"switch web --rollback", here, ng, ""},
		{"switch web", target, bash, ""},
		{"switch web", third, ng, "the build host is neither"},
		{"switch web -c m", here, bash, ""},
		{"switch web -c m", target, ng, "specialisation"},
		{"test web --rollback", here, bash, "generations"},
		{"switch web -p spare", here, ng, "directory of the profile"},
		{"switch -p spare --build-host big", third, bash, ""},
		{"switch web", here, first, ""},
		{"switch web", target, first, "copy the system to itself"},
		{"switch web", target, plan.Dialect{}, ""},
		{"switch web --rollback", target, first, ""},
		{"build web", target, first, ""},
		{"switch web --store-path /nix/store/x", target, first, ""},
		{"switch web --upgrade", target, first, ""},
	} {
		got := plan.BeyondNixosRebuild(parse(t, test.line), test.place, test.dialect)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.line, got, test.want)
		}
	}
}

// Where the build host's Nix is too old for nixos-rebuild-ng, nixhop takes over what it has steps for, and leaves everything else alone.
func TestSettleRemoteBuild(t *testing.T) {
	ng := plan.Dialect{Known: []string{"--ask-sudo-password", "--no-reexec", "--target-host"}}
	for _, test := range []struct {
		line, nix     string
		dialect       plan.Dialect
		crossing      plan.Crossing
		native, error bool
	}{
		{"switch web", "2.8.0", ng, plan.Crossing{}, true, false},
		{"build web", "2.8.0", ng, plan.Crossing{}, true, false},
		{"switch web", "2.13.0", ng, plan.Crossing{}, false, false},
		{"switch web", "2.93.1", ng, plan.Crossing{}, false, false},
		{"switch web", "2.8.0", plan.Dialect{Known: []string{"--target-host"}}, plan.Crossing{}, false, false},
		{"switch web --engine nixos-rebuild", "2.8.0", ng, plan.Crossing{}, false, true},
		{"switch web --upgrade", "2.8.0", ng, plan.Crossing{}, false, true},
		{"switch web --rollback", "2.8.0", ng, plan.Crossing{}, false, false},
		{"switch web --store-path /nix/store/x", "2.8.0", ng, plan.Crossing{}, false, false},
		{"switch web --cross", "2.8.0", ng, plan.Crossing{Ask: true}, false, false},
		{"build-vm web", "2.8.0", ng, plan.Crossing{}, false, false},
		{"repl web", "2.8.0", ng, plan.Crossing{}, false, false},
	} {
		m := machineFor("web")
		d := &deployment{session: &Session{}, request: parse(t, test.line), target: &source.Target{Host: m.Host}, source: source.Source{Flake: "."}, crossing: test.crossing,
			at: &connection{machine: m, facts: facts.Facts{Nix: facts.Nix{Version: test.nix}}}, job: plan.Job{Target: m, Build: m, Dialect: &test.dialect}}
		d.settleRemoteBuild()
		if native := d.job.Dialect == nil; native != test.native || len(d.found) > 0 != test.error {
			t.Errorf("%s, Nix %s: taken by nixhop: %t, found %v", test.line, test.nix, native, d.found)
		}
		for _, f := range d.found {
			if refused := plan.NativeRefusal(d.request) != nil; refused == strings.Contains(strings.Join(d.request.Call().Lines(f.Remedy), " "), "--engine native") {
				t.Errorf("%s: it offers %q", test.line, d.request.Call().Lines(f.Remedy))
			}
		}
	}
}

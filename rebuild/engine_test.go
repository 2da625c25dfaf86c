package rebuild

import (
	"strings"
	"testing"
)

// What no nixos-rebuild does for a host is nixhop's to do, and nothing else.
func TestBeyondNixosRebuild(t *testing.T) {
	bash := Dialect{Known: []string{"--fast", "--target-host", "--use-remote-sudo"}}
	first := Dialect{Known: []string{"--ask-sudo-password", "--fast", "--sudo", "--target-host"}}
	ng := Dialect{Known: []string{"--ask-sudo-password", "--no-reexec", "--sudo", "--target-host"}}
	here, target, third := BuildPlace{Here: true}, BuildPlace{Target: true}, BuildPlace{}
	for _, test := range []struct {
		line    string
		place   BuildPlace
		dialect Dialect
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
		{"switch web", target, Dialect{}, ""},
		{"switch web --rollback", target, first, ""},
		{"build web", target, first, ""},
	} {
		got := beyondNixosRebuild(parse(t, test.line), test.place, test.dialect)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.line, got, test.want)
		}
	}
}

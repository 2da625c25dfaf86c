package rebuild

import (
	"strings"
	"testing"
)

// What no nixos-rebuild does for a host is nixhop's to do, and nothing else.
func TestBeyondNixosRebuild(t *testing.T) {
	here, target, third := BuildPlace{Here: true}, BuildPlace{Target: true}, BuildPlace{}
	for _, test := range []struct {
		line  string
		place BuildPlace
		want  string
	}{
		{"switch web", here, ""},
		{"switch web --rollback", here, ""},
		{"switch web", target, ""},
		{"switch web", third, "the build host is neither"},
		{"switch web -c m", here, ""},
		{"switch web -c m", target, "specialisation"},
		{"test web --rollback", here, "generations"},
		{"switch web -p spare", here, "directory of the profile"},
		{"switch -p spare --build-host big", third, ""},
	} {
		got := beyondNixosRebuild(parse(t, test.line), test.place)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.line, got, test.want)
		}
	}
}

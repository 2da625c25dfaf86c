package request

import (
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/report"
)

// A command that is offered deploys what the user was about to deploy, and a way that is offered is instead of the
// one that was asked for.
func TestCall(t *testing.T) {
	again := report.Again
	for _, test := range []struct {
		words   string
		offered report.Remedy
		want    string
	}{
		{"switch web", again("--build-host", "target"), "nixhop switch web --build-host target"},
		{"switch web=db -v --plan", again("--build-host", "target"), "nixhop switch web=db --build-host target"},
		{"boot root@web=db --flake /etc/my#x -j 4 --ssh-config c", again("--accept-new").Note("why"),
			"nixhop boot root@web=db --flake '/etc/my#x' -j 4 --ssh-config c --accept-new   # why"},
		{"switch web --build-host db", again("--build-host", "target"), "nixhop switch web --build-host target"},
		{"switch web --build-host db", again("--rollback"), "nixhop switch web --build-host db --rollback"},
		{"switch --target-host web --flake .#db", again("--engine", "native"), "nixhop switch --target-host web --flake '.#db' --engine native"},
		{"switch web=db --flake x", report.As("CONFIGURATION").Note("or"), "nixhop switch web=CONFIGURATION --flake x   # or"},
		{"boot me@web --flake x -k", report.As("CONFIGURATION", "--flake", "y"), "nixhop boot me@web=CONFIGURATION -k --flake y"},
		{"switch ssh://root@web:22", report.As("db"), "nixhop switch root@web=db"},
		{"switch web=db", report.Nixhop("switch", "webster"), "nixhop switch webster"},
		{"switch web=db", report.Nixhop("hosts"), "nixhop hosts"},
		{"switch web=db", again().Under("sudo -u me"), "sudo -u me nixhop switch web=db"},
		{"switch web=db -f a.nix -A b --no-flake", again(), "nixhop switch web=db --no-flake --file a.nix --attr b"},
		{"switch web --flake", again(), "nixhop switch web --flake"},
		{"switch ssh://root@web:22", again("--accept-new"), "nixhop switch ssh://root@web:22 --accept-new"},
		{"switch web", report.SSH("web", "true"), "ssh web true"},
		{"switch web --ssh-config a&b", report.SSH("web", "true"), "ssh -F 'a&b' web true"},
		{"switch web --ssh-config ab", report.SSHCopyID("web", ""), "ssh-copy-id -F ab web"},
		{"switch web --ssh-config ab", report.Shell("ssh-add"), "ssh-add"},
		{"switch --build-host big --flake x", again("--emulate"), "nixhop switch --flake x --build-host big --emulate"},
		{"switch --build-host big --flake x", again("--build-host", "target"), ""},
		{"switch --build-host big --flake x", report.As("CONFIGURATION"), ""},

		{"switch web --cross=i686-linux -v", again("--build-host", "target"), "nixhop switch web --build-host target"},
		{"switch web --emulate --cores 2", again("--cross"), "nixhop switch web --cores 2 --cross"},
		{"switch web --cross=i686-linux", again("--cross=none"), "nixhop switch web --cross=none"},
		{"switch web --cross", again("--allow", "host-name"), "nixhop switch web --cross --allow host-name"},
		{"switch web --build-host big --emulate", again("--cross"), "nixhop switch web --build-host big --cross"},
	} {
		r, err := Parse(strings.Fields(test.words), func(string) bool { return true })
		if err != nil {
			t.Fatalf("%s: %v", test.words, err)
		}
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if got := r.Call().Lines([]report.Remedy{test.offered}); !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", test.words, got, want)
		}
	}
}

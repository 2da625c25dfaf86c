package request

import (
	"strings"
	"testing"
)

// TestRepeated: a command that is offered deploys what the user was about to deploy, where it says so.
func TestRepeated(t *testing.T) {
	for _, test := range []struct{ words, offered, want string }{
		{"switch web", "nixhop switch web --build-host target", "nixhop switch web --build-host target"},
		{"switch web=db --json -v --plan", "nixhop switch web --build-host target", "nixhop switch web=db --build-host target"},
		{"boot root@web=db --flake /etc/my#x -j 4 --ssh-config c", "nixhop boot root@web --accept-new   # why",
			"nixhop boot root@web=db --flake '/etc/my#x' -j 4 --ssh-config c --accept-new   # why"},
		{"switch web --build-host db", "nixhop switch web --build-host target", "nixhop switch web --build-host target"},
		{"switch web --build-host db", "nixhop switch web --rollback", "nixhop switch web --build-host db --rollback"},
		{"switch --target-host web --flake .#db", "nixhop switch web --engine native", "nixhop switch --target-host web --flake '.#db' --engine native"},
		{"switch web=db --flake x", "nixhop switch web=CONFIGURATION   # or", "nixhop switch web=CONFIGURATION --flake x   # or"},
		{"switch web=db", "nixhop switch webster", "nixhop switch webster"},
		{"switch web=db", "nixhop hosts", "nixhop hosts"},
		{"switch web=db", "sudo -u me nixhop switch web", "sudo -u me nixhop switch web=db"},
		{"switch web=db -f a.nix -A b --no-flake", "nixhop switch web", "nixhop switch web=db --no-flake --file a.nix --attr b"},
		{"switch ssh://root@web:22", "nixhop switch root@web --accept-new", "nixhop switch ssh://root@web:22 --accept-new"},
		{"switch web", "ssh web true", "ssh web true"},
		{"switch web --ssh-config a&b", "ssh web true", "ssh -F 'a&b' web true"},
		{"switch web --ssh-config ab", "ssh-copy-id web", "ssh-copy-id -F ab web"},
		{"switch web --ssh-config ab", "ssh-add", "ssh-add"},
	} {
		r, err := Parse(strings.Fields(test.words), func(string) bool { return true })
		if err != nil {
			t.Fatalf("%s: %v", test.words, err)
		}
		if got := r.Repeated([]string{test.offered}); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: %q\ngot  %q\nwant %q", test.words, test.offered, got, test.want)
		}
	}
}

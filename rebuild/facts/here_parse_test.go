package facts

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
)

func TestHereFindTree(t *testing.T) {
	files := []string{"/h/conf/.git", "/h/conf/flake.nix", "/h/mono/.git", "/h/mono/nix/flake.nix", "/h/plain/flake.nix", "/h/a b/.git", "/h/a b/flake.nix"}
	there := func(path string) bool { return slices.Contains(files, path) }
	top := Tree{Root: "/h/conf", Flake: "flake.nix"}
	for _, tt := range []struct {
		flake, dir string
		want       Tree
	}{
		{".", "/h/conf", top},
		{".", "/h/conf/hosts/web", top},
		{"./", "/h/conf", top},
		{"./conf", "/h", top},
		{"/h/conf", "/", top},
		{"..", "/h/conf/hosts", top},
		{"git+file:///h/conf", "/", top},
		{"git+file:/h/conf", "/", top},
		{"git+file:.", "/h/conf", top},
		{"git+file:///h/a%20b", "/", Tree{Root: "/h/a b", Flake: "flake.nix"}},
		{"git+file:///h/conf?ref=main", "/", Tree{Root: "/h/conf", Flake: "flake.nix", Committed: true}},
		{"git+file:///h/conf?rev=abc", "/", Tree{Root: "/h/conf", Flake: "flake.nix", Committed: true}},
		{"git+file:///h/mono?dir=nix", "/", Tree{Root: "/h/mono", Flake: "nix/flake.nix"}},
		{"/h/mono?dir=nix", "/", Tree{Root: "/h/mono", Flake: "nix/flake.nix"}},
		{".", "/h/mono/nix", Tree{Root: "/h/mono", Flake: "nix/flake.nix"}},
		{".", "/h/plain", Tree{}},
		{".", "/h", Tree{}},
		{"", "/h/conf", Tree{}},
		{"path:.", "/h/conf", Tree{}}, // everything is copied then, tracked or not
		{"nixpkgs", "/h/conf", Tree{}},
		{"github:a/b", "/h/conf", Tree{}},
		{"git+https://example.org/a", "/h/conf", Tree{Remote: true}},
		{"git+ssh://git@example.org/a?ref=x", "/h/conf", Tree{Remote: true}},
	} {
		if got := FindTree(tt.flake, tt.dir, there); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("findTree(%q, %q) = %+v, want %+v", tt.flake, tt.dir, got, tt.want)
		}
	}
}

func TestGitParseStatus(t *testing.T) {
	const changed = "1 .M N... 100644 100644 100644 1111111 1111111 a file.nix"
	for _, tt := range []struct {
		name, text string
		changed    int
		untracked  []string
	}{
		{"clean", "", 0, nil},
		{"changed", changed + "\x00", 1, nil},
		{"added for Nix alone", "1 .A N... 000000 000000 100644 0000000 0000000 new.nix\x00", 1, nil},
		{"renamed from a name like an entry", "2 R. N... 100644 100644 100644 1 1 R100 b\x00? a\x00? c\x00", 1, []string{"c"}},
		{"unmerged", "u UU N... 1 1 1 1 1 1 1 f\x00", 1, nil},
		{"untracked", "? a b.nix\x00? dir/x\ny.nix\x00", 0, []string{"a b.nix", "dir/x\ny.nix"}},
		{"ignored", "! secret\x00", 0, nil},
		{"links of nix build", "? result\x00? result-bin\x00? result.nix\x00? hosts/result\x00", 0, []string{"result.nix"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, untracked := ParseStatus(tt.text)
			if n != tt.changed || !slices.Equal(untracked, tt.untracked) {
				t.Errorf("got %d, %q", n, untracked)
			}
		})
	}
}

func TestGitCommand(t *testing.T) {
	plain := GitCommand("/h/my conf", func(string) string { return "" }, "status").String()
	want := "LC_ALL=C GIT_TERMINAL_PROMPT=0 GIT_CEILING_DIRECTORIES=/h " +
		"git --no-optional-locks --no-pager -c core.fsmonitor=false -c core.hooksPath=/dev/null -C '/h/my conf' status"
	if plain != want {
		t.Errorf("got\n%s\nwant\n%s", plain, want)
	}
	env := map[string]string{"GIT_DIR": ".git", "GIT_INDEX_FILE": "x"}
	hook := GitCommand("/h", func(name string) string { return env[name] }, "status").String()
	if !strings.Contains(hook, " env -u GIT_DIR -u GIT_INDEX_FILE git ") {
		t.Errorf("in a hook: %s", hook)
	}
}

func TestAgentSocket(t *testing.T) {
	env := map[string]string{"SSH_AUTH_SOCK": "/run/agent", "OTHER": "/run/other", "HOME": "/h"}
	for _, tt := range []struct {
		value, socket string
		known         bool
	}{
		{"", "/run/agent", true},
		{"SSH_AUTH_SOCK", "/run/agent", true},
		{"none", "", true},
		{"$OTHER", "/run/other", true},
		{"${OTHER}", "/run/other", true},
		{"~/.1password/agent.sock", "/h/.1password/agent.sock", true},
		{"/run/x", "/run/x", true},
		{"/run/%u/x", "", false},
	} {
		socket, known := AgentSocket(tt.value, func(name string) string { return env[name] })
		if socket != tt.socket || known != tt.known {
			t.Errorf("agentSocket(%q) = %q, %v", tt.value, socket, known)
		}
	}
}

func TestAgentAnswer(t *testing.T) {
	for _, tt := range []struct {
		name string
		out  string
		err  error
		want Answer
		held int
	}{
		{"keys", "256 SHA256:a me (ED25519)\n256 SHA256:b me (ED25519)\n", nil, Yes, 2},
		{"empty", "The agent has no identities.\n", &nixexec.ExitError{Code: 1}, Yes, 0},
		{"none", "", &nixexec.ExitError{Code: 2}, No, 0},
		{"ended", "", &nixexec.ExitError{Code: -1, Signal: 15}, Unsaid, 0},
		{"no ssh-add", "", &nixexec.NotFoundError{Program: "ssh-add"}, Unsaid, 0},
	} {
		if got, held := ParseAgent(tt.out, tt.err); got != tt.want || held != tt.held {
			t.Errorf("%s: got %v, %d", tt.name, got, held)
		}
	}
}

func TestHereNixConfig(t *testing.T) {
	files := map[string]string{
		"/etc/nix/machines": "# the big one\n\nssh://big aarch64-linux,armv7l-linux /root/key 8 1 kvm # fast\n@/etc/nix/more\n",
		"/etc/nix/key":      "ours-1:c2VjcmV0\n",
		"/etc/nix/more":     "ssh://small - \n@/etc/nix/more\nssh://tiny\n",
	}
	for _, tt := range []struct {
		name, text string
		want       Nix
		store      string
	}{
		{"nothing", "", Nix{}, ""},
		{
			"2.8",
			"builders = @/etc/nix/none\nextra-platforms = i686-linux x86_64-v1-linux\nmax-jobs = 4\nstore = auto\nsystem = x86_64-linux\n",
			Nix{System: "x86_64-linux", ExtraPlatforms: []string{"i686-linux", "x86_64-v1-linux"}, MaxJobs: "4"},
			"auto",
		},
		{
			"newest, on macOS with its own Linux", // external-builders
			"builders = \nexternal-builders = [{\"args\":[],\"program\":\"/usr/local/bin/determinate-nixd\",\"systems\":[\"aarch64-linux\",\"x86_64-linux\"]}]\n" +
				"extra-platforms = x86_64-darwin\nmax-jobs = auto\nstore = daemon\nsystem = aarch64-darwin\n",
			Nix{System: "aarch64-darwin", ExtraPlatforms: []string{"x86_64-darwin"}, MaxJobs: "auto", BuilderSystems: []string{"aarch64-linux", "x86_64-linux"}},
			"daemon",
		},
		{
			"machines in files",
			"builders = @/etc/nix/machines\nsystem = x86_64-linux\n",
			Nix{System: "x86_64-linux", ExtraPlatforms: []string{}, BuilderSystems: []string{"aarch64-linux", "armv7l-linux", "x86_64-linux"}},
			"",
		},
		{
			"machines on the command line",
			"builders = ssh://a riscv64-linux - 2 ; ssh-ng://b i686-linux,aarch64-linux\nsystem = x86_64-linux\n",
			Nix{System: "x86_64-linux", ExtraPlatforms: []string{}, BuilderSystems: []string{"aarch64-linux", "i686-linux", "riscv64-linux"}},
			"",
		},
		{
			"keys to sign with",
			"secret-key-files = /etc/nix/key /etc/nix/none\nsystem = x86_64-linux\n",
			Nix{System: "x86_64-linux", ExtraPlatforms: []string{}, SignsBy: []string{"ours-1", "?"}},
			"",
		},
		{
			"an escape sequence",
			"system = x86_64-linux\x1b[31m\n",
			Nix{System: "x86_64-linux", ExtraPlatforms: []string{}},
			"",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, store := parseNixConfig(tt.text, func(path string) string { return files[path] })
			if len(got.ExtraPlatforms) == 0 && len(tt.want.ExtraPlatforms) == 0 {
				got.ExtraPlatforms, tt.want.ExtraPlatforms = nil, nil
			}
			if !reflect.DeepEqual(got, tt.want) || store != tt.store {
				t.Errorf("got\n%+v, %q\nwant\n%+v, %q", got, store, tt.want, tt.store)
			}
		})
	}
}

package evaluation

import (
	"os"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

// What the user was asked, and what the answers say of an evaluation that is there already.
func TestSettingsAsked(t *testing.T) {
	all := []source.Setting{{Name: "extra-substituters", Value: "https://a"}, {Name: "keep-going", Value: "true"}}
	const ignored = "ignoring untrusted flake configuration setting 'keep-going'\n"
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	for _, c := range []struct {
		name        string
		alone, asks bool
		said, nix   string
		set         []source.Setting
		more        bool
	}{
		{"nothing to ask", true, true, "", "exit 1", all, false},
		{"nobody is there", true, false, ignored, "exit 1", all[:1], false},
		{"several hosts", false, true, ignored, "exit 1", all[:1], false},
		{"yes", true, true, ignored, "echo '[]'", all, true},
		{"no", true, true, ignored, `printf %s "` + ignored + `" >&2; echo '[]'`, all[:1], false},
	} {
		installNix(t, c.nix)
		var said []string
		pause := func() func() { said = append(said, "pause"); return func() { said = append(said, "resume") } }
		v := Evaluator{Alone: c.alone, Asks: c.asks, Stdio: nixexec.Stdio{Err: out}, Pause: pause}
		set, more, err := v.Settings(bounded(t), source.Wanted{Source: source.Source{Flake: "."}, Request: parse(t, "switch web")}, all, []byte(c.said))
		if err != nil || !slices.Equal(set, c.set) || more != c.more {
			t.Errorf("%s: %v, %q, %t", c.name, err, set, more)
		}
		// While nix asks, nobody else writes on the terminal.
		if asked := strings.Join(said, " "); asked != "" && (c.nix == "exit 1" || asked != "pause resume") || asked == "" && c.nix != "exit 1" {
			t.Errorf("%s: %q", c.name, asked)
		}
	}
	installNix(t, "exit 1")
	v := Evaluator{Alone: true, Asks: true, Stdio: nixexec.Stdio{Err: out}}
	if _, _, err := v.Settings(bounded(t), source.Wanted{Source: source.Source{Flake: "."}, Request: parse(t, "switch web")}, all, []byte(ignored)); err == nil {
		t.Error("nix has not asked, and nothing was said")
	}
}

package rebuild

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// lock makes the flake a commit.
func (f *fleet) lock(commit string) {
	f.t.Helper()
	if err := f.Lock(filepath.Dir(f.config), commit); err != nil {
		f.t.Fatal(err)
	}
}

// since returns what the stand-ins here were called for, both kinds, and forgets it.
func (f *fleet) since() []string {
	f.t.Helper()
	lines := append(f.looks(here), strings.SplitAfter(f.calls(here), "\n")...)
	for _, path := range []string{f.Here().Record(), filepath.Join(f.Here().Dir, "looks")} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
	return lines
}

// A clean flake that was checked before is not evaluated once more, however many hosts it has, neither for names nor
// for facts: Nix is asked what the flake is, and whether it still has what it was evaluated to.
func TestKeptByCheck(t *testing.T) {
	f := newFleet(t, "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8")
	f.tree()
	for _, c := range []struct {
		name, commit   string
		names, derived int
	}{
		{"the first time", "c1", 1, 8},
		{"nothing changed", "c1", 0, 0},
		{"another commit", "c2", 1, 8}, // of the same derivations: whichever comes first tells the facts
		{"that again", "c2", 0, 0},
	} {
		f.lock(c.commit)
		f.since()
		if err := f.run(t.Context(), "check", "--json"); err != nil {
			t.Fatal(err)
		}
		calls := f.since()
		facts := count(calls, " eval --json ") - count(calls, "builtins.attrNames")
		if names := count(calls, "builtins.attrNames"); facts > c.derived || names != c.names {
			t.Errorf("%s: asked %d times for facts and %d times for names, want at most %d, and %d", c.name, facts, names, c.derived, c.names)
		}
		// From Nix's cache or, as its first answer has it, past that.
		if got := count(calls, " path-info --derivation ") + count(calls, " eval --raw "); got != c.derived {
			t.Errorf("%s: asked for %d derivations, want %d", c.name, got, c.derived)
		}
		if got := count(calls, " flake metadata "); got != 1 {
			t.Errorf("%s: Nix was asked %d times what the flake is", c.name, got)
		}
	}
	f.since()
	if err := f.run(t.Context(), "hosts"); err != nil {
		t.Fatal(err)
	}
	if calls := f.since(); count(calls, " eval ") != 0 {
		t.Errorf("hosts has asked for names that are kept:\n%s", strings.Join(calls, ""))
	}
	f.since()
	if err := f.run(t.Context(), "switch", "h1", "--plan", "--engine", "native"); err != nil {
		t.Fatal(err)
	}
	if calls := f.since(); count(calls, " eval ") != 0 {
		t.Errorf("a plan has evaluated:\n%s", strings.Join(calls, ""))
	}
	const evaluates = ` path-info --derivation '.#nixosConfigurations."h1".config.system.build.toplevel'`
	if plan := f.said(report.Printed); !strings.Contains(plan, evaluates) || strings.Contains(plan, " eval ") {
		t.Errorf("the plan evaluates otherwise:\n%s", plan)
	}
}

// What a nixos-rebuild evaluates is in Nix's cache before it starts, where that can be; and it does not start where the
// configuration turns out not to evaluate.
func TestKeptForNixosRebuild(t *testing.T) {
	for _, c := range []struct {
		name, toplevel, words string
		locked                bool
		want                  []string // in this order
	}{
		{"a commit", "", "", true, []string{"path-info", "nixos-rebuild"}},
		{"changes", "", "", false, []string{"nixos-rebuild"}},
		// It asks for the derivation by nix eval, which finds nothing in that cache.
		{"a build host", "", "--build-host target", true, []string{"nixos-rebuild"}},
		{"a commit that does not evaluate", "toplevel=no such option", "", true, []string{"path-info"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "h1")
			f.tree()
			f.install(request.InNG, "", "")
			if c.locked {
				f.lock("c1")
			}
			if c.toplevel != "" {
				f.configure("h1", c.toplevel)
			}
			err := f.run(t.Context(), append(strings.Fields(c.words), "switch", "h1")...)
			if (err != nil) != (c.toplevel != "") {
				t.Fatal(err)
			}
			var got []string
			for _, line := range strings.Split(f.calls(here), "\n") {
				for _, name := range []string{"path-info", "nixos-rebuild"} {
					if strings.Contains(line, name) && !strings.Contains(line, " eval ") && !strings.HasPrefix(line, "ssh ") {
						got = append(got, name)
					}
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("called %q, want %q\n%s", got, c.want, f.calls(here))
			}
			// The facts may have been told by then, or not.
			if c.toplevel != "" && !strings.Contains(err.Error()+f.said(report.Said), "cannot be evaluated; nothing was built") {
				t.Errorf("%v\n%s", err, f.said(report.Said))
			}
		})
	}
}

package rebuild

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Over a long way, what a nixos-rebuild will copy is brought there before it starts, where that is known: the
// derivation to where it is built, or the system where it is built already. The plan says so, too.
func TestAheadOfNixosRebuild(t *testing.T) {
	const derivation, system = "copy --derivation --to ssh-ng://h1", "copy --to ssh-ng://h1"
	for _, c := range []struct {
		name          string
		far, unlocked bool
		words         string
		broken        bool
		want          []string // what is copied before nixos-rebuild starts
	}{
		{name: "the target builds", far: true, words: "switch h1 --build-host target", want: []string{derivation}},
		{name: "built here, for the first time", far: true, words: "switch h1"},
		{name: "built here before", far: true, words: "switch h1 --install-bootloader", want: []string{system}},
		{name: "near by", words: "switch h1 --build-host target"},
		{name: "a tree with changes", far: true, unlocked: true, words: "switch h1 --build-host target"},
		{name: "it fails", far: true, broken: true, words: "switch h1 --build-host target", want: []string{derivation}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "h1")
			f.tree()
			f.install(request.InNG, "", "")
			if !c.unlocked {
				f.lock("c1")
			}
			if c.far {
				f.turn("h1", "far=0.05")
			}
			if c.broken {
				f.turn("h1", "nix-daemon=broken")
			}
			if strings.Contains(c.name, "before") {
				if err := f.run(t.Context(), "build", "h1"); err != nil {
					t.Fatal(err)
				}
			}
			words := strings.Fields(c.words)
			if err := f.run(t.Context(), append(words, "--plan", "--check")...); err != nil {
				t.Fatal(err)
			}
			plan := f.said(report.Printed)
			f.since()
			if err := f.run(t.Context(), words...); err != nil {
				t.Fatal(err)
			}
			copied := regexp.MustCompile(`^nix .* (copy (?:--derivation )?--to ssh-ng://h1) `)
			var got []string
			for line := range strings.Lines(f.calls(here)) {
				if m := copied.FindStringSubmatch(line); m != nil {
					got = append(got, m[1])
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("copied ahead: %q, want %q\n%s", got, c.want, f.calls(here))
			}
			for _, want := range c.want {
				if !strings.Contains(plan, want) {
					t.Errorf("no %q in the plan:\n%s", want, plan)
				}
			}
			f.changed("h1", true)
			if c.broken {
				f.tells("nixos-rebuild copies by itself")
			}
		})
	}
}

// A check says what the copies of a nixos-rebuild cost over a long way.
func TestLongWay(t *testing.T) {
	f := newFleet(t, "h1")
	f.tree()
	f.install(request.InNG, "", "")
	f.turn("h1", "far=0.05")
	if err := f.run(t.Context(), "check", "h1"); err != nil {
		t.Fatal(err)
	}
	if said := f.said(report.Printed); !strings.Contains(said, "[long-way]") || !strings.Contains(said, "--engine native") {
		t.Errorf("no word of it:\n%s", said)
	}
}

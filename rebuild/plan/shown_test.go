package plan

import (
	"errors"
	"slices"
	"testing"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/report"
	"nixhop/rebuild/source"
)

// A plan says what nobody has looked at, and how that is done, unless it was.
func TestShown(t *testing.T) {
	const far = "the round trip was not measured: where it is long, what nixos-rebuild will copy is brought there first"
	const look = "look first: nixhop switch web --plan --check"
	dialect := &decision.Dialect{Path: "/bin/nixos-rebuild"}
	sets := []source.Setting{{Name: "extra-substituters"}}
	_, pasted := source.Pasted(parse(t, "switch web"), sets)
	for _, c := range []struct {
		name, line string
		here       bool // no other machine takes part
		dialect    *decision.Dialect
		unknown    []string
		locked     bool
		set        []source.Setting
		want       []string
	}{
		{"nothing is open", "switch web --plan", false, nil, nil, true, nil, nil},
		{"the decision", "switch web --plan", false, nil, []string{"x"}, true, nil, []string{"x", look}},
		{"what the flake sets", "switch web --plan", false, nil, []string{"x"}, true, sets, []string{"x", pasted[0], look}},
		{"what it sets is for nixos-rebuild to ask", "switch web --plan", false, dialect, nil, false, sets, nil},
		{"the way", "switch web --plan", false, dialect, []string{"x"}, true, nil, []string{"x", far, look}},
		{"the way, of a flake that may change", "switch web --plan", false, dialect, nil, false, nil, nil},
		{"there is no way", "switch --plan", true, dialect, nil, true, nil, nil},
		{"nothing is copied", "switch web --plan --rollback", false, dialect, nil, true, nil, nil},
		{"it was looked at", "switch web --plan --check", false, dialect, nil, true, nil, nil},
		{"it was looked at, but not at what the flake sets", "switch web --plan --check", false, nil, nil, true, sets, pasted},
	} {
		r := parse(t, c.line)
		j := Job{Request: r, Source: source.Source{Flake: "."}, Configuration: "web", Dir: "/run/d", Dialect: c.dialect}
		if !c.here {
			j.Target = machineFor("web")
		}
		locked := func(source.Wanted) bool { return c.locked }
		given := slices.Clone(c.unknown)
		p, err := Shown(j, report.Call{Action: "switch", Word: "web", Host: "web"}, c.unknown, locked, func() ([]source.Setting, error) { return c.set, nil })
		if err != nil || !slices.Equal(p.Unknown, c.want) || len(p.Steps) == 0 {
			t.Errorf("%s: %q, %v; want %q", c.name, p.Unknown, err, c.want)
		}
		if !slices.Equal(given, c.unknown) {
			t.Errorf("%s: what the decision has left open was changed to %q", c.name, c.unknown)
		}
	}
	bad := errors.New("no flake")
	j := Job{Request: parse(t, "switch web"), Source: source.Source{Flake: "."}, Configuration: "web", Target: machineFor("web")}
	_, err := Shown(j, report.Call{}, nil, func(source.Wanted) bool { return true }, func() ([]source.Setting, error) { return nil, bad })
	if !errors.Is(err, bad) {
		t.Errorf("a flake that cannot be read: %v", err)
	}
}

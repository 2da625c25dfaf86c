package generations

import (
	"fmt"
	"testing"

	"nixhop/rebuild/facts"
)

// A generation that is not there is named with those that are near by.
func TestMissing(t *testing.T) {
	for _, c := range []struct {
		number int
		on     facts.System
		why    string // empty: nothing is missing
	}{
		{0, facts.System{}, ""},
		{3, facts.System{Wanted: "/nix/store/x"}, ""},
		{3, facts.System{}, "it has none at all"},
		{3, facts.System{Generations: []int{1}}, "the nearest are: 1"},
		{50, facts.System{Generations: []int{1, 48, 49, 51, 52, 53, 90}}, "the nearest are: 48, 49, 51, 52"},
		{2147483647, facts.System{Generations: []int{7, 8, 9, 10, 11}}, "the nearest are: 8, 9, 10, 11"},
	} {
		t.Run(fmt.Sprint(c.number), func(t *testing.T) {
			found := Missing("web", c.number, c.on)
			switch {
			case c.why == "" && len(found) > 0:
				t.Errorf("%+v", found)
			case c.why != "" && (len(found) != 1 || found[0].Why != c.why):
				t.Errorf("%+v, want %q", found, c.why)
			}
		})
	}
}

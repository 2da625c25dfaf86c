package check

import (
	"testing"
	"time"
)

func TestLongWay(t *testing.T) {
	for trip, want := range map[time.Duration]int{0: 0, 5 * time.Millisecond: 0, 30 * time.Millisecond: 0, 100 * time.Millisecond: 1} {
		if got := LongWay(trip, "web"); len(got) != want {
			t.Errorf("%v: %v", trip, got)
		}
	}
	found := LongWay(98765*time.Microsecond, "web")[0]
	if found.What != "a round trip takes 98 ms, and nixos-rebuild waits for one with each path that it copies" ||
		found.Why != "that makes 10s for a hundred paths, which nixhop's own steps send together" {
		t.Errorf("%q, %q", found.What, found.Why)
	}
}

package rollout

import "testing"

func TestEvaluations(t *testing.T) {
	const gb = 1 << 30
	for _, test := range []struct {
		asked, processors int
		free, peak        int64
		want              int
	}{
		{0, 8, 64 * gb, 0, 8},
		{0, 8, 3 * gb, 0, 3},
		{0, 8, gb / 2, 0, 1},
		{0, 8, 0, 0, 8},
		{5, 2, gb, 4 * gb, 5},
		{0, 0, 0, 0, 1},
		{0, 8, 3 * gb, gb / 2, 6},
		{0, 8, 3 * gb, 2 * gb, 1},
		{0, 8, 3 * gb, 64 << 20, 3}, // it was in the cache, and says nothing of the others
		{0, 8, 0, 4 * gb, 8},
	} {
		if got := (Rollout{EvalJobs: test.asked}).Evaluations(test.processors, test.free)(test.peak); got != test.want {
			t.Errorf("%+v: got %d", test, got)
		}
	}
}

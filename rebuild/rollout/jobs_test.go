package rollout

import "testing"

func TestEvaluations(t *testing.T) {
	const gb = 1 << 30
	for _, test := range []struct {
		asked, processors int
		free              int64
		want              int
	}{
		{0, 8, 64 * gb, 8},
		{0, 8, 3 * gb, 3},
		{0, 8, gb / 2, 1},
		{0, 8, 0, 8},
		{5, 2, gb, 5},
		{0, 0, 0, 1},
	} {
		if got := (Rollout{EvalJobs: test.asked}).Evaluations(test.processors, test.free); got != test.want {
			t.Errorf("%+v: got %d", test, got)
		}
	}
}

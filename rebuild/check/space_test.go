package check

import (
	"testing"

	"nixhop/rebuild/report"
)

func TestBelow(t *testing.T) {
	for free, want := range map[int64]report.Severity{9: report.Error, 10: report.Warning, 11: report.Warning} {
		if got := below(free, 10); got != want {
			t.Errorf("%d below 10 is %s, want %s", free, got, want)
		}
	}
}

package remote

import (
	"strings"
	"testing"
)

func TestParseOutcome(t *testing.T) {
	got := ParseOutcome("was=/a\nnonsense\nprofile=/b\x1b[2J\ngeneration=12\ncurrent=/b\nstatus=4\n")
	want := Outcome{Was: "/a", Profile: `/b\x1b[2J`, Generation: "12", Current: "/b", Status: 4}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := ParseOutcome("was=/a\n"); got.Status != -1 {
		t.Errorf("a report that broke off must have no status, got %d", got.Status)
	}
}

// What a host reports is cut where it is longer than anything honest.
func TestParseOutcomeBounded(t *testing.T) {
	const long = 1 << 20
	got := ParseOutcome("current=" + strings.Repeat("x", long) + "\nstatus=" + strings.Repeat("9", long) +
		"\n\x1b]0;owned\x07status=0\nprofile=/b\u202e\x1b[2J\n")
	if len(got.Current) != reportedBytes || got.Profile != "/b[2J" || got.Known() {
		t.Errorf("%.300q, %q, %d", got.Current, got.Profile, got.Status)
	}
}

package remote

import "testing"

func TestParseOutcome(t *testing.T) {
	got := ParseOutcome("was=/a\nnonsense\nprofile=/b\x1b[2J\ngeneration=12\ncurrent=/b\nstatus=4\n")
	want := Outcome{Was: "/a", Profile: "/b[2J", Generation: "12", Current: "/b", Status: 4}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := ParseOutcome("was=/a\n"); got.Status != -1 {
		t.Errorf("a report that broke off must have no status, got %d", got.Status)
	}
}

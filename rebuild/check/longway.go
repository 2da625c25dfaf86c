package check

import (
	"fmt"
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// LongWay is the note about a host to which a nixos-rebuild copies over a long way: a round trip takes that long, 0
// where nobody has measured it.
func LongWay(trip time.Duration, host string) []report.Finding {
	if trip <= facts.LongWay {
		return nil
	}
	return []report.Finding{{
		Name: "long-way", Severity: report.Note, Host: host,
		What:   fmt.Sprintf("a round trip takes %d ms, and nixos-rebuild waits for one with each path that it copies", trip.Milliseconds()),
		Why:    fmt.Sprintf("that makes %s for a hundred paths, which nixhop's own steps send together", (100 * trip).Round(time.Second)),
		Remedy: []report.Remedy{report.Again("--engine", "native")},
	}}
}

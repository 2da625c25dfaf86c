// Package report holds what is said: findings with their table, the remedies that are offered with the call that
// makes lines of them, and how all that is put into lines.
//
// What is found out, and when, does not live here; nor does anything that looks at a host, at this machine or at a
// terminal.
package report

import "fmt"

// Severity says what a finding does to the run: an error stops it, a warning and a note do not.
type Severity int

// The severities, from the harmless one up, so that the worst of several is their maximum.
const (
	Note Severity = iota
	Warning
	Error
)

// String returns the word that stands in tables and JSON events.
func (s Severity) String() string {
	return [...]string{"note", "warning", "error"}[s]
}

// Finding is one thing that a check found out about a host before anything was built there.
type Finding struct {
	Name     string   // stable, as documented: "host-key-changed"
	Severity Severity // what it does to the run
	Host     string   // the alias, as typed
	What     string   // one line, lower case, no full stop
	Why      string   // one line, or empty where What says it all
	Remedy   []Remedy

	Offline bool // the host gives no connection at all
	Told    bool // it stands on the terminal already
}

// CheckError says that at least one finding is an error: nothing was built. The findings were said already.
type CheckError struct{ Findings []Finding }

// Refuse is a *CheckError of findings that stop a run; nil: there are none.
func Refuse(found []Finding) error {
	if len(found) == 0 {
		return nil
	}
	return &CheckError{Findings: found}
}

// Error counts the findings that are errors.
func (e *CheckError) Error() string {
	n := 0
	for _, f := range e.Findings {
		if f.Severity == Error {
			n++
		}
	}
	if n == 1 {
		return "1 check failed: nothing was built, nothing was changed"
	}
	return fmt.Sprintf("%d checks failed: nothing was built, nothing was changed", n)
}

package rebuild

import (
	"fmt"

	"nixhop/rebuild/report"
)

// CheckError says that at least one finding is an error: nothing was built. The findings were printed already.
type CheckError struct{ Findings []report.Finding }

// Error counts the findings that are errors.
func (e *CheckError) Error() string {
	n := 0
	for _, f := range e.Findings {
		if f.Severity == report.Error {
			n++
		}
	}
	if n == 1 {
		return "1 check failed: nothing was built, nothing was changed"
	}
	return fmt.Sprintf("%d checks failed: nothing was built, nothing was changed", n)
}

// StatusError carries the exit status of an outcome that is neither success nor a plain failure (see ExitStatuses).
type StatusError struct {
	Code int
	Err  error
}

// Error is the text of the wrapped error.
func (e *StatusError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *StatusError) Unwrap() error { return e.Err }

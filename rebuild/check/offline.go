package check

import (
	"errors"
	"slices"

	"nixhop/rebuild/report"
)

// Offline reports whether what has ended a host is that it cannot be reached at all.
func Offline(err error) bool {
	var refused *report.CheckError
	return errors.As(err, &refused) && slices.ContainsFunc(refused.Findings, func(f report.Finding) bool {
		return f.Offline && f.Severity == report.Error
	})
}

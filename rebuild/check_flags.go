package rebuild

import (
	"errors"

	"nixhop/rebuild/check"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// checkFlags refuses what whoever does the work cannot do, before any host is contacted: a flag that the installed nixos-rebuild is too
// old for is a finding, one that nixhop's own steps have no meaning for is wrong usage.
func (d *deployment) checkFlags() error {
	if d.job.Dialect == nil {
		return plan.NativeRefusal(d.request)
	}
	for _, f := range d.request.Flags {
		_, err := d.job.Dialect.Words(f)
		var unknown *request.UsageError
		if errors.As(err, &unknown) {
			d.found = append(d.found, report.Finding{
				Name: "too-old", Severity: report.Error, Host: check.HereName,
				What: unknown.Message, Why: "it is older than the flag, and nixhop's own steps have none like it", Remedy: report.Lines(unknown.Hint),
			})
		}
	}
	if request.Stops(d.found, d.request) {
		return d.session.report(d.found, d.request)
	}
	return nil
}

package rebuild

import "errors"

// checkFlags refuses what whoever does the work cannot do, before any host is contacted: a flag that the installed nixos-rebuild is too
// old for is a finding, one that nixhop's own steps have no meaning for is wrong usage.
func (d *deployment) checkFlags() error {
	if d.job.Dialect == nil {
		return nativeRefusal(d.request)
	}
	for _, f := range d.request.Flags {
		_, err := d.job.Dialect.words(f)
		var unknown *UsageError
		if errors.As(err, &unknown) {
			d.found = append(d.found, Finding{
				Name: "too-old", Severity: Error, Host: hereName,
				What: unknown.Message, Why: "it is older than the flag, and nixhop's own steps have none like it", Remedy: []string{unknown.Hint},
			})
		}
	}
	if stops(d.found, d.request) {
		return d.session.report(d.found, d.request)
	}
	return nil
}

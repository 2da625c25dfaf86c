package rebuild

import (
	"context"
	"fmt"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// confirmHostName asks whether a configuration shall really go to a host of another name, where that is all that stops the run and somebody
// is there to ask. Only "yes" in full counts (nixpkgs#163768).
func (d *deployment) confirmHostName(ctx context.Context) (bool, error) {
	others := false
	asked := -1
	for i, f := range d.found {
		if f.Severity != report.Error || d.request.Allowed(f.Name) {
			continue
		}
		if f.Name == "host-name" {
			asked = i
		} else {
			others = true
		}
	}
	if others || asked < 0 || !d.session.Interactive || d.checking {
		return false, nil
	}
	f := d.found[asked]
	printFinding(d.session.Stdio.Err, f, d.request.Call())
	d.found[asked].Told = true
	answer, err := nixexec.Ask(ctx, fmt.Sprintf("deploy to %s all the same? type yes, in full: ", d.target.Host.Name))
	if err != nil || answer != "yes" {
		return false, err
	}
	d.confirmed = true
	d.found = without(d.found, "host-name")
	return true, nil
}

func without(found []report.Finding, name string) []report.Finding {
	var rest []report.Finding
	for _, f := range found {
		if f.Name != name {
			rest = append(rest, f)
		}
	}
	return rest
}

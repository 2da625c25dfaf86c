package check

import (
	"fmt"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// Wanting is a name of a run, with what its host has told and the configuration that it wants.
type Wanting struct {
	Name          string
	On            *facts.Host // nil: it was not asked
	Configuration string
}

// Twin says that a name leads to the machine of an earlier one.
type Twin struct {
	Of      int            // the place of the first name
	Finding report.Finding // an error where the two want different configurations
}

// Twins finds the names of a run that lead to one machine, by what it has told itself: nothing is told of that by names
// and addresses (ansible#57400). wanting says it of a host. Each is a twin of the first such name, whoever logs in
// there.
func Twins[Host any](hosts []Host, wanting func(Host) Wanting) map[int]Twin {
	twins := map[int]Twin{}
	for i := range hosts {
		h := wanting(hosts[i])
		for first := range i {
			one := wanting(hosts[first])
			if _, is := twins[first]; is || h.On == nil || one.On == nil || !h.On.System.Is(one.On.System) {
				continue
			}
			twins[i] = Twin{first, twinFinding(one, h)}
			break
		}
	}
	return twins
}

func twinFinding(one, other Wanting) report.Finding {
	if one.Configuration == other.Configuration {
		return report.Finding{
			Name: "same-machine", Severity: report.Note, Host: other.Name,
			What: fmt.Sprintf("it is the same machine as %q: what is done there is done once", one.Name),
		}
	}
	return report.Finding{
		Name: "same-machine", Severity: report.Error, Host: other.Name,
		What: fmt.Sprintf("it is the same machine as %q, and the two want different configurations: %q and %q",
			one.Name, nixexec.Printable(other.Configuration), nixexec.Printable(one.Configuration)),
		Why:    "both would be activated, one over the other",
		Remedy: []report.Remedy{report.Nixhop("hosts")},
	}
}

package view

import (
	"slices"
	"strings"

	"nixhop/rebuild/report"
)

// Grouped are findings of many hosts, in their order, with the same one of several hosts as one with all their names.
// Its remedy is that for the first of them.
func Grouped(found []report.Event) []report.Event {
	type key struct {
		name, what, why string
		severity        report.Severity
	}
	at := map[key]int{}
	var all []report.Event
	var names [][]string
	for _, e := range found {
		if e.Kind != report.Found {
			all, names = append(all, e), append(names, nil)
			continue
		}
		f := e.Finding
		k := key{f.Name, f.What, f.Why, f.Severity}
		i, known := at[k]
		if !known {
			at[k] = len(all)
			all, names = append(all, e), append(names, []string{f.Host})
			continue
		}
		if !slices.Contains(names[i], f.Host) {
			names[i] = append(names[i], f.Host)
		}
	}
	for i, hosts := range names {
		if len(hosts) < 2 {
			continue
		}
		f := *all[i].Finding
		f.Host = strings.Join(hosts, ", ")
		all[i].Finding = &f
		if len(all[i].Remedy) > 0 {
			all[i].Remedy = append(slices.Clone(all[i].Remedy), "# for "+hosts[0]+"; likewise for the others")
		}
	}
	return all
}

// harmless takes what was found of hosts that has stopped none of them.
func (s *State) harmless() []report.Event {
	var all []report.Event
	for _, h := range s.Hosts {
		h.Told = slices.DeleteFunc(h.Told, func(e report.Event) bool {
			harmless := e.Kind == report.Found && e.Finding.Severity != report.Error
			if harmless {
				all = append(all, e)
			}
			return harmless
		})
	}
	return all
}

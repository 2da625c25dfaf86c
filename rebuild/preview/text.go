package preview

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/report"
)

// Host is a host with what an activation would change there.
type Host struct {
	Name string
	Preview
}

// Text shows what the activation of each host would change, in lines. Hosts of which the same is to be said have one
// paragraph, under all of their names.
func Text(action string, hosts []Host) string {
	var texts []string
	named := map[string][]string{}
	for _, h := range hosts {
		text := h.text(action)
		if named[text] == nil {
			texts = append(texts, text)
		}
		named[text] = append(named[text], h.Name)
	}
	var b strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&b, "what %s changes on %s:\n%s", action, report.Listed(named[text]), text)
	}
	return b.String()
}

// text is what is to be said of one host. Store paths would tell hosts apart that change alike, and are left out.
func (p Preview) text(action string) string {
	var b strings.Builder
	line := func(name, format string, values ...any) {
		fmt.Fprintf(&b, "  %-9s "+format+"\n", append([]any{name}, values...)...)
	}
	switch {
	case !p.There:
		line("system", "the host does not have it, and so cannot compare")
		return b.String()
	case p.Runs == p.Wanted:
		line("system", "it is the one that runs")
	case p.FromVersion == p.ToVersion:
		line("NixOS", "%s, as before", known(p.ToVersion))
	default:
		line("NixOS", "%s to %s", known(p.FromVersion), known(p.ToVersion))
	}
	switch {
	case p.FromSize == 0 || p.ToSize == 0 || p.Runs == p.Wanted:
	case p.FromSize>>10 == p.ToSize>>10:
		line("size", "%s, as before", report.Kib(p.ToSize>>10))
	default:
		line("size", "%s to %s (%s)", report.Kib(p.FromSize>>10), report.Kib(p.ToSize>>10), more(p.ToSize-p.FromSize))
	}
	if len(p.Reboot) > 0 {
		line("reboot", "only a boot brings the new %s", strings.Join(p.Reboot, ", "))
	}
	switch {
	case p.Runs == p.Wanted:
	case len(p.Packages) == 0 && p.Tool != "":
		line("packages", "%s tells of no change", p.Tool)
	case p.Tool != "":
		line("packages", "(%s)", p.Tool)
		for _, said := range p.Packages {
			b.WriteString("    " + said + "\n")
		}
		if len(p.Packages) == mostLines {
			b.WriteString("    and more\n")
		}
	}
	switch {
	case action == "boot":
		line("units", "none, until it boots")
	case p.WithoutUnits:
		line("units", "dry-activate does not tell")
	case len(p.Units) == 0 && p.Runs != p.Wanted:
		line("units", "none would be stopped or started")
	}
	for i, said := range p.Units {
		line([]string{"units", ""}[min(i, 1)], "%s", said)
	}
	return b.String()
}

// known is a word that the host has told, or has not.
func known(word string) string {
	if word == "" {
		return "(unknown)"
	}
	return word
}

// more is by how much a closure grows or shrinks.
func more(bytes int64) string {
	switch kib := bytes / 1024; {
	case kib < 0:
		return "-" + report.Kib(-kib)
	default:
		return "+" + report.Kib(kib)
	}
}

// Question asks whether that is to be done.
func Question(action string, hosts []Host) string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	slices.Sort(names)
	where := report.CountOf(len(hosts), "host")
	if len(hosts) == 1 {
		where = names[0]
	}
	return fmt.Sprintf("%s %s?", action, where)
}

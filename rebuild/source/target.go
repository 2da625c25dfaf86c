package source

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// Target is one host of the run, before anything was asked of it.
type Target struct {
	Selector request.Selector
	Host     sshcfg.Host  // what ssh, nix and nixos-rebuild are given, untouched
	Hints    sshcfg.Hints // from the ssh config's comments
	Listed   bool         // the ssh config names or matches it
}

// Select turns the HOST words of a request into targets. Globs and tags stand for the aliases that they match; one
// that matches nothing is an error, so that a typo never deploys fewer hosts than were meant; so is a host that is to
// get two configurations.
func Select(r request.Request, inv sshcfg.Inventory) ([]Target, error) {
	var targets []Target
	for _, sel := range r.Hosts {
		found, err := selectOne(r, sel, inv)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			i := slices.IndexFunc(targets, func(o Target) bool { return o.Host == t.Host })
			switch {
			case i < 0:
				targets = append(targets, t)
			case targets[i].Selector.Configuration != t.Selector.Configuration:
				return nil, &request.UsageError{
					Message: fmt.Sprintf("%q and %q are one host with two configurations", targets[i].Selector.Word, t.Selector.Word),
					Hint:    "name the host once",
				}
			}
		}
	}
	return targets, nil
}

func selectOne(r request.Request, sel request.Selector, inv sshcfg.Inventory) ([]Target, error) {
	switch {
	case strings.HasPrefix(sel.Host, "@"):
		tag := sel.Host[1:]
		return matching(r, sel, inv, func(a sshcfg.Alias) bool { return slices.Contains(a.Tags, tag) }, tags(inv), "@")
	case strings.ContainsAny(sel.Host, "*?"):
		match := func(a sshcfg.Alias) bool { ok, _ := path.Match(sel.Host, a.Name); return ok }
		return matching(r, sel, inv, match, inv.Names(), "")
	}
	host, err := sshcfg.ParseHost(sel.Host)
	if err != nil {
		return nil, &request.UsageError{Message: err.Error()}
	}
	t := Target{Selector: sel, Host: host, Listed: inv.Matches(host.Name)}
	if a, ok := inv.Find(host.Name); ok {
		t.Hints = a.Hints
	}
	return []Target{t}, nil
}

func matching(
	r request.Request, sel request.Selector, inv sshcfg.Inventory, match func(sshcfg.Alias) bool, known []string, prefix string,
) ([]Target, error) {
	var targets []Target
	for _, a := range inv.Aliases {
		if match(a) {
			one := request.Selector{Word: a.Name, Host: a.Name, Configuration: sel.Configuration}
			if one.Configuration != "" {
				one.Word += "=" + one.Configuration
			}
			targets = append(targets, Target{Selector: one, Host: sshcfg.Host{Name: a.Name}, Hints: a.Hints, Listed: true})
		}
	}
	if len(targets) > 0 {
		return targets, nil
	}
	return nil, request.UnknownName(r, "no alias matches", sel.Word, prefix, known)
}

func tags(inv sshcfg.Inventory) []string {
	var out []string
	for _, a := range inv.Aliases {
		out = append(out, a.Tags...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// One is the only target of the request, or nil where it has none: hosts are deployed one at a time.
func One(r request.Request, inv sshcfg.Inventory) (*Target, error) {
	targets, err := Select(r, inv)
	switch {
	case err != nil:
		return nil, err
	case len(targets) > 1:
		var all []string
		for _, t := range targets {
			all = append(all, t.Host.Name)
		}
		return nil, &request.UsageError{
			Message: fmt.Sprintf("one host at a time for now, not %s", report.Listed(all)),
			Hint:    r.On(targets[0].Selector.Word).Offer(report.Again()),
		}
	case len(targets) == 0:
		return nil, nil
	}
	return &targets[0], nil
}

// Aliases are the aliases that the HOST words select, or all of them.
func Aliases(r request.Request, inv sshcfg.Inventory) ([]sshcfg.Alias, error) {
	if len(r.Hosts) == 0 {
		return inv.Aliases, nil
	}
	targets, err := Select(r, inv)
	if err != nil {
		return nil, err
	}
	var out []sshcfg.Alias
	for _, t := range targets {
		a, ok := inv.Find(t.Host.Name)
		if !ok {
			return nil, request.UnknownName(r, "unknown alias", t.Host.Name, "", inv.Names())
		}
		out = append(out, a)
	}
	return out, nil
}

// Configured are all aliases that have a configuration of the flake; names are its configurations. None is an error.
func Configured(r request.Request, inv sshcfg.Inventory, s Source, names []string) ([]Target, error) {
	var targets []Target
	for _, a := range inv.Aliases {
		t := Target{Selector: request.Selector{Word: a.Name, Host: a.Name}, Host: sshcfg.Host{Name: a.Name}, Hints: a.Hints, Listed: true}
		if _, _, err := ChooseConfiguration(t, Source{Flake: s.Flake}, names, ""); err == nil {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return nil, &request.UsageError{Message: fmt.Sprintf("no alias has a configuration in flake %q", s.Flake), Hint: r.Offer(report.Nixhop("hosts"))}
	}
	return targets, nil
}

// Pointers are targets as the stages have them: nil there is this machine.
func Pointers(targets []Target, err error) ([]*Target, error) {
	all := make([]*Target, len(targets))
	for i := range targets {
		all[i] = &targets[i]
	}
	return all, err
}

// Fixed reports whether the configuration's name is known without the flake's list.
func (t Target) Fixed(s Source) bool { return t.Wants(s) != "" }

// Wants is the configuration's name where it is known without the flake's list: what stands on the command line wins over
// a hint.
func (t Target) Wants(s Source) string {
	return cmp.Or(t.Selector.Configuration, s.Name, t.Hints.Configuration)
}

// Complaints are about hints of the target that say nothing.
func (t *Target) Complaints() []string {
	var said []string
	for _, name := range t.Hints.Allow {
		if !slices.Contains(report.Skippable(), name) {
			said = append(said, fmt.Sprintf("the hint allow=%s of %q names no finding that can be let through",
				nixexec.Printable(name), t.Host.Name))
		}
	}
	return said
}

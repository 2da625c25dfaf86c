package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// Configuration is the chosen nixosConfigurations entry and the reason it was chosen.
type Configuration struct {
	Name  string
	From  string // "command line", "hint", "--flake", "alias", "host name", or the kind of an inventory
	Given bool   // named on the command line, so that a wrong one is wrong usage
}

// NoConfigurationError says that the flake has no such configuration.
type NoConfigurationError struct {
	Where string          // what has none, in a sentence
	Flake string          // empty: it is none
	Asked []Configuration // what was looked for, in order
	Names []string        // what the flake has
}

// Error names what was looked for, the nearest names and, in a hint, all of them.
func (e *NoConfigurationError) Error() string {
	var asked []string
	for _, c := range e.Asked {
		origin := c.From
		if !strings.HasPrefix(origin, "--") {
			origin = "the " + origin
		}
		asked = append(asked, fmt.Sprintf("%q (from %s)", c.Name, origin))
	}
	return fmt.Sprintf("%s has no configuration %s\n%s", cmp.Or(e.Where, fmt.Sprintf("flake %q", e.Flake)), strings.Join(asked, " nor "), e.Hint())
}

// Hint lists the nearest names, and all there are, or as many as a message can hold.
func (e *NoConfigurationError) Hint() string {
	if len(e.Names) == 0 {
		return "it has none at all: nix flake show " + nixexec.ShellWord(e.Flake)
	}
	var near []string
	for _, c := range e.Asked {
		for _, name := range sshcfg.Nearest(c.Name, e.Names, 3) {
			if !slices.Contains(near, name) {
				near = append(near, name)
			}
		}
	}
	all := "it has: " + report.Listed(e.Names)
	if len(e.Asked) > 0 && len(e.Names) > report.MostListed {
		all = "it has: " + report.Listed(sshcfg.ByNearness(e.Asked[0].Name, e.Names))
	}
	if len(near) == 0 {
		return all
	}
	return "did you mean " + report.Joined(near, " or ") + "?\n" + all
}

// Given reports whether the name that is missing was named on the command line: wrong usage then, else a finding.
func (e *NoConfigurationError) Given() bool { return len(e.Asked) == 1 && e.Asked[0].Given }

// ChooseConfiguration picks the configuration for a target: ALIAS=CONFIGURATION, else the name in --flake, else the
// hint in the ssh config, else the alias if the flake has it, else the target's own host name. names are the flake's
// configurations; nil means that nobody looked, and the first candidate is taken. hostName is empty as long as the
// target was not asked; ask is true when the answer depends on it.
func ChooseConfiguration(t Target, s Source, names []string, hostName string) (c Configuration, ask bool, err error) {
	var fixed Configuration
	switch {
	case t.Node != nil:
		return Configuration{Name: t.Node.Name, From: string(t.Node.Form.Kind)}, false, nil
	case t.Selector.Configuration != "":
		fixed = Configuration{Name: t.Selector.Configuration, From: "command line", Given: true}
	case s.Name != "":
		fixed = Configuration{Name: s.Name, From: "--flake", Given: true}
	case t.Hints.Configuration != "":
		fixed = Configuration{Name: t.Hints.Configuration, From: "hint"}
	}
	has := func(name string) bool { return names == nil || slices.Contains(names, name) }
	if fixed.Name != "" {
		if has(fixed.Name) {
			return fixed, false, nil
		}
		return Configuration{}, false, &NoConfigurationError{Flake: s.Flake, Asked: []Configuration{fixed}, Names: names}
	}
	alias := Configuration{Name: t.Host.Name, From: "alias"}
	if has(alias.Name) {
		return alias, false, nil
	}
	if hostName == "" {
		return Configuration{}, true, &NoConfigurationError{Flake: s.Flake, Asked: []Configuration{alias}, Names: names}
	}
	own := Configuration{Name: hostName, From: "host name"}
	if has(own.Name) {
		return own, false, nil
	}
	if own.Name == alias.Name {
		return Configuration{}, false, &NoConfigurationError{Flake: s.Flake, Asked: []Configuration{alias}, Names: names}
	}
	return Configuration{}, false, &NoConfigurationError{Flake: s.Flake, Asked: []Configuration{alias, own}, Names: names}
}

// Settle is ChooseConfiguration for a deployment that may have no target (nil: this machine) and no flake. own is the
// name that the machine has, where that is known, else empty. ask asks the target for it, and is told why (nil: nobody
// may ask); its errors are returned.
func Settle(t *Target, s Source, r request.Request, names []string, own string, ask func(why error) (string, error)) (Configuration, error) {
	switch {
	case !s.Names() || r.Has("--store-path"):
		return Configuration{}, nil
	case t == nil:
		return Configuration{Name: cmp.Or(s.Name, own)}, nil
	}
	c, asks, err := ChooseConfiguration(*t, s, names, own)
	if !asks || ask == nil {
		return c, err
	}
	if own, err = ask(err); err != nil {
		return c, err
	}
	c, _, err = ChooseConfiguration(*t, s, names, own)
	return c, err
}

// Fill writes into the rows of aliases which configuration each would get here, as far as it can be known without
// asking the host, and why it is that one. It returns the flake's configurations that none of them gets. names are all
// of the flake's; nil: nobody knows them.
func (s Source) Fill(rows []report.HostRow, aliases []sshcfg.Alias, names []string) (unused []string) {
	unused = slices.Clone(names)
	for i, a := range aliases {
		if names == nil && a.Hints.Configuration != "" {
			rows[i].Configuration, rows[i].From = a.Hints.Configuration, "hint"
		}
		if names == nil {
			continue
		}
		target := Target{Host: sshcfg.Host{Name: a.Name}, Hints: a.Hints}
		if c, _, err := ChooseConfiguration(target, Source{Flake: s.Flake}, names, ""); err == nil {
			rows[i].Configuration, rows[i].From = c.Name, c.From
			unused = slices.DeleteFunc(unused, func(n string) bool { return n == c.Name })
		}
	}
	return unused
}

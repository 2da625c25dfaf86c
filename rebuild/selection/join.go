package selection

import (
	"cmp"
	"fmt"
	"slices"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// joined is the ssh config and the inventories of a source as one.
type joined struct {
	all   sshcfg.Inventory // the nodes count as aliases, each with its tags
	own   sshcfg.Inventory // as the ssh config has them
	names []string         // of all configurations; nil: nobody knows them
	nixos []string         // of these, the flake's nixosConfigurations
	nodes map[string]inventory.Node
	placed
}

// join finds the nodes that a request is about. Where the flake has a nixosConfiguration for each host that is named,
// only nodes that stand beside these are asked for.
func (c Catalogue) join(r request.Request, inv sshcfg.Inventory, s source.Source) (joined, error) {
	j := joined{all: inv, own: inv}
	named, meant := wanted(r, inv, s)
	action, _ := request.FindAction(r.Action)
	if !meant || action.Hosts == request.HostsSelect && len(r.Hosts) > 1 {
		return j, nil // that is refused, and nothing is asked for it
	}
	chosen := r.Has("--inventory") || !s.IsFlake()
	var forms []inventory.Form
	if c.forms != nil {
		forms = c.forms()
	}
	if s.IsFlake() && !chosen && (r.Broad() || len(forms) > 0) {
		names, err := c.Names()
		switch {
		case err != nil && r.Broad():
			return j, err
		case err != nil:
			return j, nil // which is said of each host
		}
		j.nixos, j.names = names, names
	}
	known := !slices.ContainsFunc(named, func(name string) bool { return !slices.Contains(j.nixos, name) })
	if plain(r) && known {
		forms = inventory.Beside(forms)
	}
	if c.forms == nil || len(forms) == 0 && !r.Has("--inventory") {
		return j, nil
	}
	found, err := c.found(forms)
	if err != nil {
		return j, err
	}
	if len(found) == 0 && r.Has("--inventory") {
		kind := r.Value("--inventory")
		hint := "see what it has: nix flake show " + s.Flake
		if len(inventory.Forms(inventory.Kind(kind))) == 0 {
			hint = "one of " + kind + " is a file: --file FILE --inventory " + kind
		}
		return j, wrong(hint, "%s has no inventory of %s", s, kind)
	}
	j.placed = place(found, j.nixos)
	j.names = slices.Clone(j.nixos)
	for _, name := range j.placed.names {
		if !slices.Contains(j.nixos, name) {
			j.names = append(j.names, name)
		}
	}
	if j.nodes, err = c.describe(j.placed, j.about(r, inv, named)); err != nil {
		return j, err
	}
	j.all.Aliases = j.aliases()
	return j, nil
}

// wanted are the names of the configurations for the hosts that a request names one by one; meant is false where one of
// the words cannot be a host.
func wanted(r request.Request, inv sshcfg.Inventory, s source.Source) (names []string, meant bool) {
	for _, sel := range r.Hosts {
		if sel.Kind != request.OneHost && !r.TargetHostFlag {
			continue
		}
		host, err := sshcfg.ParseHost(sel.Host)
		if err != nil {
			return nil, false
		}
		alias, _ := inv.Find(host.Name)
		names = append(names, cmp.Or(sel.Configuration, s.Name, alias.Hints.Configuration, host.Name))
	}
	return names, true
}

// plain reports whether a request names each of its hosts, and leaves out none by a tag.
func plain(r request.Request) bool {
	return len(r.Hosts) > 0 && !slices.ContainsFunc(slices.Concat(r.Hosts, r.Except), func(sel request.Selector) bool {
		return sel.Kind == request.Tag || sel.Kind == request.Every || sel.Kind == request.Glob
	})
}

// about are the nodes that have to be described: where a tag is named, all of them may have it.
func (j joined) about(r request.Request, inv sshcfg.Inventory, named []string) []string {
	about := named
	for _, sel := range slices.Concat(r.Hosts, r.Except) {
		switch sel.Kind {
		case request.Tag, request.Every:
			return j.placed.names
		case request.Glob:
			for _, name := range j.placed.names {
				if sel.Matches(name) {
					about = append(about, name)
				}
			}
			for _, a := range inv.Aliases {
				if sel.Matches(a.Name) && a.Hints.Configuration != "" {
					about = append(about, a.Hints.Configuration)
				}
			}
		}
	}
	return about
}

// aliases are those of the ssh config, with the tags of their nodes, and then the nodes that have none.
func (j joined) aliases() []sshcfg.Alias {
	all := slices.Clone(j.own.Aliases)
	for i, a := range all {
		node, _ := j.node(a)
		tags := append(slices.Clone(a.Tags), node.Tags...)
		slices.Sort(tags)
		all[i].Tags = slices.Compact(tags)
	}
	for _, name := range j.placed.names {
		if _, listed := j.own.Find(name); !listed {
			all = append(all, sshcfg.Alias{Name: name, Tags: j.nodes[name].Tags})
		}
	}
	return all
}

// node is the one whose configuration an alias gets.
func (j joined) node(a sshcfg.Alias) (n inventory.Node, is bool) {
	n, is = j.nodes[cmp.Or(a.Hints.Configuration, a.Name)]
	return n, is
}

// settle gives each target the node whose configuration it gets, and the way there.
func (j joined) settle(r request.Request, s source.Source, targets []source.Target) ([]source.Target, error) {
	for i, t := range targets {
		name := cmp.Or(t.Wants(s), t.Host.Name)
		n, is := j.nodes[name]
		switch {
		case is:
			t.Node = &n
			if err := refusedNode(n, r); err != nil {
				return nil, err
			}
			if n.BuildOnTarget && t.Hints.BuildHost == "" {
				t.Hints.BuildHost = "target"
			}
			var err error
			if targets[i], err = j.reach(t, r); err != nil {
				return nil, err
			}
		case r.Action == request.UploadKeys && !slices.Contains(j.nixos, name):
			return nil, wrong("see where hosts stand: nixhop hosts", "%q is no node of an inventory, so that it has no keys", name)
		case len(j.placed.names) > 0 && len(j.nixos) == 0 && r.Evaluates():
			asked := source.Configuration{Name: name, From: "alias"}
			if t.Wants(s) != "" {
				asked.From = "command line"
			}
			missing := &source.NoConfigurationError{Where: s.String(), Asked: []source.Configuration{asked}, Names: j.names}
			return nil, &request.UsageError{Message: missing.Error()}
		}
	}
	return targets, nil
}

// refusedNode is why a node is not deployed; nil: it is.
func refusedNode(n inventory.Node, r request.Request) error {
	switch {
	case n.Refused != "" && n.Form.Kind == inventory.Deploy:
		return wrong(`as in: profiles.system = { user = "root"; path = deploy-rs.lib.SYSTEM.activate.nixos CONFIGURATION; };`,
			"node %q %s, and what nixhop deploys is the system of a host", n.Name, n.Refused)
	case n.Refused != "":
		return wrong(`a machine that is there: deployment.targetEnv = "none", with its deployment.targetHost`,
			"node %q has %s, and nixhop makes no machines", n.Name, n.Refused)
	case n.BuildOnly && decision.NeedsRoot(r.Action):
		return wrong("build it: "+r.As("build").Offer(report.Again()), "node %q has deployment.buildOnly, so that %s is not for it", n.Name, r.Action)
	}
	return nil
}

// notes are the options that are set and that nixhop does not act on, each with its nodes.
func (j joined) notes(r request.Request, targets []source.Target) []string {
	nodes := map[string][]string{}
	var options []string
	for _, t := range targets {
		if t.Node == nil {
			continue
		}
		for _, option := range t.Node.Ignored() {
			if nodes[option] == nil {
				options = append(options, option)
			}
			nodes[option] = append(nodes[option], t.Node.Name)
		}
	}
	var said []string
	for _, t := range targets {
		if t.Node != nil && len(t.Node.Profiles) > 0 && slices.Contains(request.ContactActions, r.Action) && !r.SetsProfiles() {
			said = append(said, fmt.Sprintf("this is for the system of node %q alone, and not for its other profiles: %s", t.Node.Name, t.Node.Others()))
		}
	}
	for _, option := range j.placed.set {
		said = append(said, fmt.Sprintf("nixhop does not act on %s, which the inventory sets", option))
	}
	for _, option := range options {
		said = append(said, fmt.Sprintf("nixhop does not act on %s, set for %s", option, report.Listed(nodes[option])))
	}
	return said
}

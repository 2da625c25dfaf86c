// Package selection finds the hosts that the words of a request mean, says what there is to say before a run for them,
// and lists them. Which ones are meant is a pure function of the words, the aliases and the names of the flake's
// configurations.
package selection

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Choice is what the words of a request have chosen.
type Choice struct {
	Targets []source.Target // in the order of the words, each host once
	Matched int             // how many of them a glob, a tag or --all has chosen, before a partition takes its share
	Chosen  int             // how many there were before that
	Left    []string        // aliases that a glob matches and that have no configuration
	Here    bool            // no word was given: it is this machine
	Ignored []string        // what inventories set and nixhop does not act on, in sentences
}

// Each is the choice as the stages of a run have it: nil there is this machine.
func (s Choice) Each() []*source.Target {
	if s.Here {
		return []*source.Target{nil}
	}
	all := make([]*source.Target, len(s.Targets))
	for i := range s.Targets {
		all[i] = &s.Targets[i]
	}
	return all
}

// Choose is Select for a run, which may have to know the names of the source's configurations, and the nodes of its
// inventories, and may be for one host alone. Without a HOST a check is one of all hosts that have a configuration, and
// everything else is for this machine.
func Choose(r request.Request, inv sshcfg.Inventory, s source.Source, c Catalogue) (Choice, error) {
	action, _ := request.FindAction(r.Action)
	every := slices.ContainsFunc(r.Hosts, func(sel request.Selector) bool { return sel.Kind == request.Every })
	switch {
	case len(r.Hosts) == 0 && !action.Own:
		return Choice{Here: true}, nil
	case len(r.Hosts) == 0 && !s.Names():
		return Choice{}, wrong(r.On("HOST").Offer(report.Again()), "no host is named, and there is no flake here")
	case every && !s.Names():
		return Choice{}, wrong("name the flake: "+r.Offer(report.Again("--flake", "FLAKE")),
			"--all is what has a configuration in a flake, and there is none here")
	case len(r.Hosts) == 0:
		r.Hosts = []request.Selector{request.Everything()}
	case action.Hosts == request.HostsSelect && plain(r):
		if err := named(r).several(r, s); err != nil {
			return Choice{}, err
		}
	}
	j, err := c.join(r, inv, s)
	if err != nil {
		return Choice{}, err
	}
	chosen, err := Select(r, j.all, s, j.names)
	if err == nil {
		chosen.Targets, err = j.settle(r, s, chosen.Targets)
	}
	if err == nil {
		chosen.Ignored, err = j.notes(r, chosen.Targets), chosen.several(r, s)
	}
	return chosen, err
}

// Select finds the hosts that the words of a request mean: globs, tags and --all stand for the aliases that they match,
// the first and the last of these for those only that have a configuration of the source; names are its
// configurations, nil where nobody knows them. A word that matches nothing is an error, so that a typo never deploys to
// fewer hosts than were meant, nor to more; so is a host that is to get two configurations. Errors are a
// *request.UsageError.
func Select(r request.Request, inv sshcfg.Inventory, s source.Source, names []string) (Choice, error) {
	c := chooser{request: r, inventory: inv, source: s, names: names}
	for _, sel := range r.Hosts {
		found, err := c.find(sel)
		if err == nil {
			err = c.add(found, sel.Kind != request.OneHost)
		}
		if err != nil {
			return Choice{}, err
		}
	}
	if err := c.leaveOut(r.Except); err != nil {
		return Choice{}, err
	}
	chosen := Choice{Chosen: len(c.targets), Left: c.left, Targets: share(c.targets, r.Partition)}
	for _, t := range c.targets {
		chosen.Left = slices.DeleteFunc(chosen.Left, func(name string) bool { return name == t.Host.Name })
		if c.matched[t.Host] {
			chosen.Matched++
		}
	}
	return chosen, nil
}

// wrong is the error for words that cannot be meant; hint are lines that help out.
func wrong(hint, format string, values ...any) error {
	return &request.UsageError{Message: fmt.Sprintf(format, values...), Hint: hint}
}

// chooser is a choice in the making.
type chooser struct {
	request   request.Request
	inventory sshcfg.Inventory
	source    source.Source
	names     []string

	targets []source.Target
	at      map[sshcfg.Host]int  // of targets
	matched map[sshcfg.Host]bool // by a glob, a tag or --all
	left    []string
}

// add adds targets that are not there yet.
func (c *chooser) add(found []source.Target, matched bool) error {
	if c.at == nil {
		c.at, c.matched = map[sshcfg.Host]int{}, map[sshcfg.Host]bool{}
	}
	for _, t := range found {
		c.matched[t.Host] = c.matched[t.Host] || matched
		i, there := c.at[t.Host]
		switch {
		case !there:
			c.at[t.Host] = len(c.targets)
			c.targets = append(c.targets, t)
		case c.targets[i].Selector.Configuration != t.Selector.Configuration:
			return wrong("name the host once", "%q and %q are one host with two configurations", c.targets[i].Selector.Word, t.Selector.Word)
		}
	}
	return nil
}

// find is what one word means.
func (c *chooser) find(sel request.Selector) ([]source.Target, error) {
	kind := sel.Kind
	if c.request.TargetHostFlag { // which is a host as it stands
		kind = request.OneHost
	}
	switch kind {
	case request.Tag:
		found := c.aliases("", func(a sshcfg.Alias) bool { return slices.Contains(a.Tags, sel.Host[1:]) })
		if len(found) == 0 {
			return nil, request.UnknownName(c.request, "no alias matches", sel.Word, "@", tags(c.inventory))
		}
		return found, nil
	case request.Every:
		found := c.aliases("", c.configured)
		if len(found) == 0 {
			return nil, wrong(c.request.Offer(report.Nixhop("hosts")), "no alias has a configuration in %s", c.source)
		}
		return found, nil
	case request.Glob:
		return c.glob(sel)
	}
	return c.one(sel)
}

// aliases are those that are wanted, as targets, under a user where one was given.
func (c *chooser) aliases(user string, wanted func(sshcfg.Alias) bool) []source.Target {
	var found []source.Target
	for _, a := range c.inventory.Aliases {
		if wanted(a) {
			h := sshcfg.Host{User: user, Name: a.Name}
			sel := request.Selector{Word: h.String(), Host: h.String()}
			found = append(found, source.Target{Selector: sel, Host: h, Hints: a.Hints, Listed: c.inventory.Matches(a.Name)})
		}
	}
	return found
}

// configured reports whether an alias has a configuration. A hint that names one which is not there counts: it is
// wrong, and that is to be said.
func (c *chooser) configured(a sshcfg.Alias) bool {
	return c.names == nil || a.Hints.Configuration != "" || slices.Contains(c.names, a.Name)
}

func (c *chooser) glob(sel request.Selector) ([]source.Target, error) {
	user, pattern := sel.Split()
	if user != "" {
		if _, err := sshcfg.ParseHost(user + "@host"); err != nil {
			return nil, &request.UsageError{Message: err.Error()}
		}
	}
	var left []string
	matching := 0
	found := c.aliases(user, func(a sshcfg.Alias) bool {
		if !sel.Matches(a.Name) {
			return false
		}
		matching++
		if !c.configured(a) {
			left = append(left, a.Name)
		}
		return c.configured(a)
	})
	switch {
	case matching == 0:
		unknown := request.UnknownName(c.request, "no alias matches", sel.Word, "", nil)
		if near := c.nearGlobs(pattern); len(near) > 0 {
			unknown.Hint = "did you mean " + strings.Join(near, " or ") + "?\n" + unknown.Hint
		}
		return nil, unknown
	case len(found) == 0:
		return nil, wrong(c.request.Offer(report.Nixhop("hosts")),
			"no alias that matches %q has a configuration in %s: %s", sel.Word, c.source, report.Listed(left))
	}
	for _, name := range left {
		if !slices.Contains(c.left, name) {
			c.left = append(c.left, name)
		}
	}
	return found, nil
}

// nearGlobs are patterns that match something, as words for a shell, and begin nearly as one that matches nothing.
func (c *chooser) nearGlobs(pattern string) []string {
	stem := pattern[:max(strings.IndexAny(pattern, "*?["), 0)]
	var stems []string
	for _, name := range c.inventory.Names() {
		if len(stem) == 0 || len(name) < len(stem) {
			continue
		}
		near := request.Selector{Host: name[:len(stem)] + pattern[len(stem):]}
		if near.Matches(name) && !slices.Contains(stems, name[:len(stem)]) {
			stems = append(stems, name[:len(stem)])
		}
	}
	var words []string
	for _, near := range sshcfg.Nearest(stem, stems, 3) {
		words = append(words, nixexec.ShellWord(near+pattern[len(stem):]))
	}
	return words
}

// one is the host of a plain word. Among several a name that neither the ssh config has nor an address is, most likely
// is a typo; alone it is for ssh to know, which says so when it does not.
func (c *chooser) one(sel request.Selector) ([]source.Target, error) {
	host, err := sshcfg.ParseHost(sel.Host)
	if err != nil {
		return nil, &request.UsageError{Message: err.Error()}
	}
	t := source.Target{Selector: sel, Host: host, Listed: c.inventory.Matches(host.Name)}
	a, known := c.inventory.Find(host.Name)
	t.Hints = a.Hints
	if len(c.request.Hosts) > 1 && !t.Listed && !known && !strings.HasPrefix(sel.Host, "ssh://") && !strings.ContainsAny(host.Name, ".:") {
		unknown := request.UnknownName(c.request, "unknown alias", host.Name, "", c.inventory.Names())
		unknown.Hint += "\na host that ssh knows without it: ssh://" + host.Authority()
		return nil, unknown
	}
	return []source.Target{t}, nil
}

func tags(inv sshcfg.Inventory) []string {
	var out []string
	for _, a := range inv.Aliases {
		out = append(out, a.Tags...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Aliases are the aliases that the HOST words select, or all of them, without those of --except, or a share of them.
func Aliases(r request.Request, inv sshcfg.Inventory) ([]sshcfg.Alias, error) {
	if len(r.Hosts) == 0 && len(inv.Aliases) == 0 {
		return nil, nil
	}
	if len(r.Hosts) == 0 {
		r.Hosts = []request.Selector{request.Everything()}
	}
	chosen, err := Select(r, inv, source.Source{}, nil)
	if err != nil {
		return nil, err
	}
	var out []sshcfg.Alias
	for _, t := range chosen.Targets {
		a, ok := inv.Find(t.Host.Name)
		if !ok {
			return nil, request.UnknownName(r, "unknown alias", t.Host.Name, "", inv.Names())
		}
		out = append(out, a)
	}
	return out, nil
}

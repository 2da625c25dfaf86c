package selection

import (
	"slices"

	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// leaveOut takes away what the words of --except mean, by the names of the hosts, whoever logs in there.
func (c *chooser) leaveOut(except []request.Selector) error {
	before := len(c.targets)
	for _, sel := range except {
		means, err := c.meant(sel)
		if err != nil {
			return err
		}
		known := slices.ContainsFunc(c.inventory.Names(), means)
		c.targets = slices.DeleteFunc(c.targets, func(t source.Target) bool {
			known = known || means(t.Host.Name)
			return means(t.Host.Name)
		})
		if !known {
			prefix, all := "", c.inventory.Names()
			if sel.Kind == request.Tag {
				prefix, all = "@", tags(c.inventory)
			}
			return request.UnknownName(c.request, "--except matches no host:", sel.Word, prefix, all)
		}
	}
	if len(except) > 0 && len(c.targets) == 0 {
		return wrong(c.request.Offer(report.Nixhop("hosts")), "--except leaves none of %s", counted(before))
	}
	return nil
}

// meant tells the hosts that a word of --except means by their names.
func (c *chooser) meant(sel request.Selector) (func(string) bool, error) {
	switch sel.Kind {
	case request.Tag:
		return func(name string) bool {
			a, _ := c.inventory.Find(name)
			return slices.Contains(a.Tags, sel.Host[1:])
		}, nil
	case request.Glob:
		return sel.Matches, nil
	}
	host, err := sshcfg.ParseHost(sel.Host)
	if err != nil {
		return nil, &request.UsageError{Message: "--except: " + err.Error()}
	}
	return func(name string) bool { return name == host.Name }, nil
}

package sshcfg

import "slices"

// reaching are the keywords that say where a host is and who logs in there.
var reaching = []string{"hostname", "user", "port"}

// setting is a keyword that an ssh config gives a value, and for which hosts.
type setting struct {
	keyword string
	block   block // a match block where nobody but ssh knows for which
}

// Sets reports whether the ssh config may say something of a host of that name by one of these keywords: hostname, user,
// port. What stands under Match is taken to count: when it does is for ssh to know.
func (inv Inventory) Sets(name, keyword string) bool {
	return slices.ContainsFunc(inv.settings, func(s setting) bool {
		return s.keyword == keyword && (s.block.match || s.block.applies(name))
	})
}

// note keeps a line that sets one of the keywords, under the block that it stands in.
func (w *walk) note(l line, under block) {
	if slices.Contains(reaching, l.keyword) && len(l.words) > 0 {
		w.settings = append(w.settings, setting{l.keyword, under})
	}
}

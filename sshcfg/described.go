package sshcfg

import (
	"net"
	"slices"
	"strings"
)

// described are the keywords that tell where a host is, and who logs in there.
var described = []string{"user", "hostname", "port", "proxyjump"}

// say takes a line of the block. ssh takes the first value of each keyword, and refuses a line with more words.
func (b *block) say(l line) {
	if _, said := b.says[l.keyword]; said || len(l.words) != 1 || !slices.Contains(described, l.keyword) {
		return
	}
	if b.says == nil {
		b.says = map[string]string{}
	}
	b.says[l.keyword] = l.words[0]
}

// Sets reports whether the ssh config may say something of a host of that name by one of the keywords in described.
// What stands under Match is taken to count: when it does is for ssh to know.
func (inv Inventory) Sets(name, keyword string) bool {
	return slices.ContainsFunc(inv.blocks, func(b block) bool {
		_, said := b.says[keyword]
		return said && (b.match || b.applies(name))
	})
}

// Describe is where an alias leads, for people, as far as the Host blocks say: "user@address:port via JUMP". ssh is not
// asked, which might run something for a Match line: where one of those has a say, it is empty.
func (inv Inventory) Describe(name string) string {
	says := map[string]string{}
	for _, b := range inv.blocks {
		if b.says != nil && (b.match || b.unsure) {
			return ""
		}
		if b.says == nil || !b.applies(name) {
			continue
		}
		for keyword, value := range b.says {
			if _, said := says[keyword]; !said {
				says[keyword] = value
			}
		}
	}
	text := strings.ReplaceAll(says["hostname"], "%h", name)
	if port := says["port"]; port != "" && port != "22" {
		if text == "" {
			text = name
		}
		text = net.JoinHostPort(text, port)
	}
	if user := says["user"]; user != "" {
		text = user + "@" + text
		if strings.HasSuffix(text, "@") {
			text += name
		}
	}
	if jump := says["proxyjump"]; jump != "" && jump != "none" {
		text = strings.TrimSpace(text + " via " + jump)
	}
	if strings.Contains(text, "%") {
		return ""
	}
	return clean(text)
}

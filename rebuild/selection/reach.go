package selection

import (
	"fmt"
	"strings"

	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// reach settles how the node of a target is reached: what the command line says wins over the ssh config's alias of the
// node's name, and that over what the inventory says.
func (j joined) reach(t source.Target, r request.Request) (source.Target, error) {
	n := t.Node
	if t.Host.Name != n.Name { // another host is named for it
		return t, nil
	}
	if t.Listed {
		if n.Host != "" && n.Host != n.Name && !j.own.Sets(n.Name, "hostname") {
			to, err := nodeHost(n.Name, n.Host)
			if err != nil {
				return t, err
			}
			t.Lines = append(t.Lines, "hostname "+to.Name)
		}
		return login(t, func(keyword string) bool { return j.own.Sets(n.Name, keyword) })
	}
	if n.Host == "" {
		return t, wrong("name the host: "+r.On("ADDRESS="+n.Name).Offer(report.Again())+", or give it an alias of that name in the ssh config",
			"%q has no address: it has no deployment.targetHost, and the ssh config no such alias", n.Name)
	}
	to, err := nodeHost(n.Name, n.Host)
	if err != nil {
		return t, err
	}
	t.Host.Name, t.Listed = to.Name, j.own.Matches(to.Name)
	return login(t, func(string) bool { return false }) // there is no alias
}

// login adds the user, the port and what else of ssh's the inventory says, where neither the command line nor the alias
// does.
func login(t source.Target, said func(keyword string) bool) (source.Target, error) {
	n := t.Node
	for _, line := range n.SSH {
		if keyword, _, _ := strings.Cut(line, " "); !said(keyword) {
			t.Lines = append(t.Lines, line)
		}
	}
	if t.Host.User == "" && !said("user") {
		t.Host.User = n.User
	}
	if t.Host.Port == 0 && !said("port") {
		t.Host.Port = n.Port
	}
	_, err := nodeHost(n.Name, t.Host.String())
	return t, err
}

// nodeHost is a host as an inventory names it: it goes where a HOST word goes, and must be one.
func nodeHost(node, word string) (sshcfg.Host, error) {
	host, err := sshcfg.ParseHost(word)
	if err != nil {
		return host, &request.UsageError{Message: fmt.Sprintf("node %q: %v", node, err)}
	}
	return host, nil
}

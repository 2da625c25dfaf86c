package selection

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// share deals the hosts, sorted by their names, like cards, so that each host has its share whatever the order of the
// words or of the ssh config is, and no share has two more than another.
func share(targets []source.Target, p request.Partition) []source.Target {
	if p.Count == 0 {
		return targets
	}
	key := func(t source.Target) string {
		return fmt.Sprintf("%s\x00%s\x00%d", t.Host.Name, t.Host.User, t.Host.Port)
	}
	sorted := slices.SortedFunc(slices.Values(targets), func(a, b source.Target) int { return strings.Compare(key(a), key(b)) })
	rank := map[sshcfg.Host]int{}
	for i, t := range sorted {
		rank[t.Host] = i
	}
	var mine []source.Target
	for _, t := range targets {
		if rank[t.Host]%p.Count == p.Index-1 {
			mine = append(mine, t)
		}
	}
	return mine
}

package building

import (
	"regexp"
	"slices"

	"nixhop/nixexec"
)

// derivation finds derivations in a text.
var derivation = regexp.MustCompile(`/nix/store/[0-9a-z]{32}-[0-9a-zA-Z+._?=-]+\.drv`)

// listed finds one in the list of those that will be built.
var listed = regexp.MustCompile(`^  (/nix/store/[0-9a-z]{32}-[0-9a-zA-Z+._?=-]+\.drv)$`)

// needs says which hosts need a derivation. Of all that a system is made of only what is still to be built counts, so
// that few files are read: whatever needs something that is not built is not built either.
type needs struct {
	systems []string                       // the derivation of each host
	text    func(derivation string) []byte // what is in its file
	planned map[string]bool                // all that is to be built
	refers  map[string][]string            // to which of these each refers
	hosts   map[string][]int               // numbers of hosts, from 0; nil: to be found
}

func newNeeds(systems []string) *needs {
	n := &needs{systems: systems, text: nixexec.ReadText, planned: map[string]bool{}}
	for _, d := range systems {
		n.planned[d] = true
	}
	return n
}

// plan adds a derivation that is to be built.
func (n *needs) plan(d string) {
	if !n.planned[d] {
		n.planned[d], n.hosts = true, nil
	}
}

// of are the hosts that need a derivation; none: it is not known.
func (n *needs) of(d string) []int {
	if n.hosts == nil {
		n.find()
	}
	return n.hosts[d]
}

// find walks from each system to all that it needs.
func (n *needs) find() {
	n.hosts, n.refers = map[string][]int{}, map[string][]string{}
	for host, system := range n.systems {
		seen := map[string]bool{system: true}
		for left := []string{system}; len(left) > 0; {
			d := left[len(left)-1]
			left = left[:len(left)-1]
			n.hosts[d] = append(n.hosts[d], host)
			for _, other := range n.references(d) {
				if !seen[other] {
					seen[other], left = true, append(left, other)
				}
			}
		}
	}
}

// references are the derivations that one names, as far as they are to be built.
func (n *needs) references(d string) []string {
	if found, known := n.refers[d]; known {
		return found
	}
	var found []string
	for _, name := range derivation.FindAll(n.text(d), -1) {
		if other := string(name); other != d && n.planned[other] && !slices.Contains(found, other) {
			found = append(found, other)
		}
	}
	n.refers[d] = found
	return found
}

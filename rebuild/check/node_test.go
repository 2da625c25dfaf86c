package check

import (
	"testing"

	"nixhop/rebuild/inventory"
)

// An inventory that has its node elsewhere is worth a warning, and nothing else is.
func TestOtherAddress(t *testing.T) {
	node := func(host string) *inventory.Node { return &inventory.Node{Name: "web", Host: host} }
	for _, c := range []struct {
		alias, hostName string
		node            *inventory.Node
		want            bool
	}{
		{"web", "10.0.0.1", node("10.0.0.2"), true},
		{"ann@web", "10.0.0.1", node("10.0.0.2"), true},
		{"web", "10.0.0.1", node("10.0.0.1"), false},
		{"web", "10.0.0.1", node("web"), false},   // colmena's default: the name
		{"edge", "10.0.0.1", node("edge"), false}, // an alias, as the inventory has it
		{"web", "10.0.0.1", node(""), false},
		{"web", "", node("10.0.0.2"), false},
		{"web", "10.0.0.1", nil, false},
	} {
		if got := OtherAddress(c.alias, c.hostName, c.node); (len(got) > 0) != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

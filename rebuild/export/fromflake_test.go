package export

import (
	"reflect"
	"strings"
	"testing"

	"nixhop/rebuild/included"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

func TestOneAddress(t *testing.T) {
	for _, c := range []struct {
		told source.Addresses
		want string
		why  string
	}{
		{source.Addresses{}, "", "its configuration has no address in networking.interfaces, and no networking.domain"},
		{source.Addresses{IPv4: []string{"192.0.2.1"}, IPv6: []string{"2001:db8::1", "2001:db8::2"}, Name: "a.example.org"}, "192.0.2.1", ""},
		{source.Addresses{IPv6: []string{"2001:db8::1"}, Name: "a.example.org"}, "2001:db8::1", ""},
		{source.Addresses{IPv4: []string{"192.0.2.1", "192.0.2.2"}, IPv6: []string{"2001:db8::1"}, Name: "a.example.org"}, "a.example.org", ""},
		{source.Addresses{IPv4: []string{"192.0.2.1", "192.0.2.2"}, IPv6: []string{"2001:db8::1"}}, "", "it has several addresses (192.0.2.1, 192.0.2.2)"},
		{source.Addresses{Name: "a.example.org"}, "a.example.org", ""},
	} {
		if got, why := one(c.told); got != c.want || why != c.why {
			t.Errorf("%+v: %q, %q", c.told, got, why)
		}
	}
}

// What the command line says comes before the inventory, and that before the configuration, which is not asked in vain.
func TestReached(t *testing.T) {
	nodes := []inventory.Node{
		{Name: "told", Host: "192.0.2.1", User: "root", Port: 2222}, {Name: "given", Host: "192.0.2.2", User: "root"},
		{Name: "made", Host: "192.0.2.3", Refused: "a targetEnv"}, {Name: "wrong", Host: "-oProxyCommand=x"},
	}
	given := map[string]sshcfg.Host{"given": {Name: "192.0.2.4", User: "admin", Port: 22}}
	var asked []string
	ask := func(_ source.Source, name string) (source.Addresses, error) {
		asked = append(asked, name)
		return source.Addresses{IPv4: []string{"192.0.2.9"}}, nil
	}
	hosts, without, err := reached(source.Source{}, []string{"plain", "two words", "there"}, nodes, given, map[string]string{"there": "config:3"}, ask)
	if err != nil {
		t.Fatal(err)
	}
	want := []included.Block{
		{Name: "given", To: sshcfg.Host{Name: "192.0.2.4", User: "admin", Port: 22}},
		{Name: "plain", To: sshcfg.Host{Name: "192.0.2.9"}},
		{Name: "told", To: sshcfg.Host{Name: "192.0.2.1", User: "root", Port: 2222}},
	}
	if !reflect.DeepEqual(hosts, want) || !reflect.DeepEqual(asked, []string{"plain"}) {
		t.Errorf("%+v, asked %q", hosts, asked)
	}
	left := "made is left out: it has a targetEnv\nthere is left out: config:3 names it already\ntwo words is left out: no alias can be called that\n" +
		`wrong is left out: its deployment.targetHost is no host: "-oProxyCommand=x"`
	if got := strings.Join(without, "\n"); got != left {
		t.Errorf("left out:\n%s", got)
	}
}

package source

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"testing"
)

// What Nix makes of configurations, also of ones that lack what is asked for.
func TestAddressesNix(t *testing.T) {
	if _, err := exec.LookPath("nix-instantiate"); err != nil {
		t.Skip("needs nix")
	}
	none := Addresses{IPv4: []string{}, IPv6: []string{}}
	for _, c := range []struct {
		configuration string
		want          Addresses
	}{
		{`{ config = { }; }`, none},
		{`{ config = throw "broken"; }`, none},
		{`{ config.networking = { hostName = "a"; domain = null; interfaces = { lo.ipv4.addresses = [ { address = "127.0.0.2"; } ]; }; }; }`, none},
		{`{ config.networking = { hostName = "a"; domain = "example.org"; interfaces.eth0 = { ipv4.addresses = [ { address = "192.0.2.1"; prefixLength = 24; } ];
			ipv6.addresses = [ { address = "2001:db8::1"; } ]; }; interfaces.wg0 = { ipv4 = { }; }; }; }`,
			Addresses{IPv4: []string{"192.0.2.1"}, IPv6: []string{"2001:db8::1"}, Name: "a.example.org"}},
		{`{ config.networking = { hostName = throw "none"; domain = "example.org"; interfaces.a.ipv4.addresses = throw "none"; }; }`, none},
	} {
		out, err := exec.Command("nix-instantiate", "--eval", "--strict", "--json", "--store", "dummy://", "-E", "("+addressesNix+") "+c.configuration).Output()
		if err != nil {
			t.Errorf("%s: %v", c.configuration, err)
			continue
		}
		var got Addresses
		if err := json.Unmarshal(out, &got); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %+v", c.configuration, err, got)
		}
	}
}

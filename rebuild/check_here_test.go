package rebuild

import (
	"fmt"
	"testing"
)

// A host that takes part twice is named once.
func TestOtherHosts(t *testing.T) {
	web, big := &connection{machine: machineFor("web")}, &connection{machine: machineFor("big")}
	for _, test := range []struct {
		on, at *connection
		want   string
	}{
		{web, nil, "[{web }]"}, {web, web, "[{web }]"}, {web, big, "[{web } {big }]"}, {nil, big, "[{big }]"}, {nil, nil, "[]"},
	} {
		d := &deployment{session: &Session{}, request: parse(t, "switch web"), on: test.on, at: test.at}
		if got := fmt.Sprint(d.nixThere()); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

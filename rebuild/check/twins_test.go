package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// The hosts are NAME:CONFIGURATION:BOOT:SPACE; without the last two it was not asked.
func TestTwins(t *testing.T) {
	for _, c := range []struct{ hosts, want string }{
		{"a:x:1:p b:y:2:p", ""},
		{"a:x:1:p b:x:1:p", "b note a"},
		{"a:x:1:p b:y:1:p", "b error a"},
		{"a:x:1:p b:x:1:q", ""}, // two containers of one kernel
		{"a:x:1: b:x:1:", "b note a"},
		{"a:x:: b:x::", ""}, // nobody knows
		{"a:x b:x", ""},
		{"a:x:1:p b:x:2:p c:x:1:p d:x:1:p e:y:2:p", "c note a, d note a, e error b"},
		{"a:x:1:p b:y:1:p c:y:1:p", "b error a, c error a"},
	} {
		var hosts []Wanting
		for word := range strings.FieldsSeq(c.hosts) {
			parts := strings.Split(word, ":")
			h := Wanting{Name: parts[0], Configuration: parts[1]}
			if len(parts) > 2 {
				h.On = &facts.Host{System: facts.System{BootID: parts[2], PIDSpace: parts[3]}, Login: facts.Login{User: parts[0]}}
			}
			hosts = append(hosts, h)
		}
		twins := Twins(hosts, func(h Wanting) Wanting { return h })
		var got []string
		for _, i := range slices.Sorted(maps.Keys(twins)) {
			f := twins[i].Finding
			got = append(got, fmt.Sprintf("%s %s %s", f.Host, f.Severity, hosts[twins[i].Of].Name))
			if f.Host != hosts[i].Name || f.Severity == report.Error && !strings.Contains(f.What, hosts[i].Configuration) {
				t.Errorf("%s: %+v", c.hosts, f)
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %s, want %s", c.hosts, text, c.want)
		}
	}
}

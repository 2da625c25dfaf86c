package rollout

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWaves(t *testing.T) {
	share := func(text string) Limit {
		l, err := ParseLimit(text)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, test := range []struct {
		name  string
		order Order
		hosts string
		want  string
	}{
		{"all at once", Order{}, "a b c", "[a b c]"},
		{"none", Order{}, "", ""},
		{"a canary by name keeps the others' order", Order{Canary: "c"}, "a b c d", "[c] [a b d]"},
		{"the only host is the canary", Order{Canary: "a"}, "a", "[a]"},
		{"the first two", Order{Canary: "2"}, "a b c d", "[a b] [c d]"},
		{"more canaries than hosts", Order{Canary: "5"}, "a b", "[a b]"},
		{"a host whose name is a number is meant before the number", Order{Canary: "2"}, "1 2 3", "[2] [1 3]"},
		{"batches", Order{Batch: share("2")}, "a b c d e", "[a b] [c d] [e]"},
		{"serial", Order{Batch: share("1")}, "a b c", "[a] [b] [c]"},
		{"a batch of more than there are", Order{Batch: share("9")}, "a b c", "[a b c]"},
		{"a share is of all hosts, also behind a canary", Order{Canary: "1", Batch: share("50%")}, "a b c d", "[a] [b c] [d]"},
		{"a share is at least one host", Order{Batch: share("1%")}, "a b", "[a] [b]"},
		{"no canary of that name", Order{Canary: "x"}, "a b", `the canary "x" is not one of the hosts of this run`},
		{"no canaries at all", Order{Canary: "0"}, "a b", `the canary "0" is not one of the hosts of this run`},
	} {
		t.Run(test.name, func(t *testing.T) {
			hosts := strings.Fields(test.hosts)
			before := slices.Clone(hosts)
			waves, err := test.order.Waves(hosts)
			got := strings.Trim(fmt.Sprint(waves), "[]")
			if got != "" {
				got = "[" + got + "]"
			}
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if !slices.Equal(hosts, before) {
				t.Errorf("the hosts were changed to %q", hosts)
			}
		})
	}
}

func TestParseLimit(t *testing.T) {
	for text, want := range map[string]string{
		"3": "of 10: 3 3", "0": "of 10: 0 0", "25%": "of 10: 3 2", "100%": "of 10: 10 10", "1%": "of 10: 1 0",
		"101%": "error", "-1": "error", "": "error", "%": "error", "x": "error", "+2": "error", "2.5": "error",
	} {
		l, err := ParseLimit(text)
		got := fmt.Sprintf("of 10: %d %d", l.AtLeast(10), l.AtMost(10))
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestBudget(t *testing.T) {
	limit := func(n int, percent bool) *Limit { return &Limit{n, percent} }
	for _, test := range []struct {
		name    string
		budget  Budget
		spent   string // for 0 to 3 failed of 10
		offline bool
	}{
		{"nobody has said", Budget{}, "false true true true", false},
		{"stop", Budget{OnFailure: Stop}, "false true true true", true},
		{"continue", Budget{OnFailure: Continue}, "false false false false", false},
		{"two", Budget{Most: limit(2, false)}, "false false false true", true},
		{"none", Budget{Most: limit(0, false)}, "false true true true", true},
		{"a share", Budget{Most: limit(25, true)}, "false false false true", true},
		{"a share wins over continue", Budget{OnFailure: Continue, Most: limit(10, true)}, "false false true true", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for failed := range 4 {
				got = append(got, fmt.Sprint(test.budget.Spent(failed, 10)))
			}
			if strings.Join(got, " ") != test.spent || test.budget.Offline() != test.offline {
				t.Errorf("got %q, offline %v", got, test.budget.Offline())
			}
		})
	}
}

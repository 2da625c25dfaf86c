package facts

import "testing"

func TestAvailable(t *testing.T) {
	for text, want := range map[string]int64{
		"MemTotal:       24093156 kB\nMemFree:  1 kB\nMemAvailable:   20971520 kB\n": 20 << 30,
		"MemTotal:       24093156 kB\n":                                              0,
		"":                                                                           0,
		"MemAvailable: many kB\n":                                                    0,
	} {
		if got := available(text); got != want {
			t.Errorf("%q: got %d", text, got)
		}
	}
}

package report

import "testing"

func TestKib(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 KiB", 1023: "1023 KiB", 1024: "1 MiB", 1<<20 - 1: "1023 MiB", 3 << 19: "1.5 GiB", 10 << 20: "10 GiB",
	} {
		if got := Kib(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestCountOf(t *testing.T) {
	for n, want := range map[int]string{0: "0 units", 1: "1 unit", 2: "2 units"} {
		if got := CountOf(n, "unit"); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

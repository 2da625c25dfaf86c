package nixexec

import (
	"testing"
)

// The signal is sent before the child ends, so the run counts as interrupted, however busy the machine is.
func TestSignalIsNeverLate(t *testing.T) {
	stops := "kill -INT $PPID; exit 7"
	for range 200 {
		err := Run(bounded(t), Command{Argv: []string{"sh", "-c", stops}}, Stdio{})
		if !Interrupted(err) || Status(err) != 130 {
			t.Fatalf("got %v", err)
		}
	}
}

func TestMaskHolds(t *testing.T) {
	for mask, want := range map[string]bool{
		"0000000000000000": false, "0000000000000002": true, "0000000000000004": true, "fffffffc3bba3a00": false,
		"fffffffe7ffbfeff": true, "": false, "2 ": false,
	} {
		if got := holds(mask, keyboard()); got != want {
			t.Errorf("%q: %v", mask, got)
		}
	}
}

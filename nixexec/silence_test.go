package nixexec

import (
	"errors"
	"testing"
	"time"
)

// A program that tells now and then that it still runs is ended when it does not; one that does runs on, however long
// that is.
func TestSilence(t *testing.T) {
	sh := func(text string) Command {
		return Command{Argv: []string{"/bin/sh", "-c", text}, Silence: 500 * time.Millisecond}
	}
	if out, err := Output(bounded(t), sh("for i in 1 2 3 4 5 6; do echo alive; sleep 0.2; done")); err != nil {
		t.Errorf("%q, %v", out, err)
	}
	out, err := Output(bounded(t), sh("echo alive; exec sleep 60"))
	if !errors.Is(err, ErrNotHeard) || string(out) != "alive\n" {
		t.Errorf("Output: %q, %v", out, err)
	}
	said, err := Capture(bounded(t), sh("echo alive; exec sleep 60"), Stdio{})
	if !errors.Is(err, ErrNotHeard) || said != "alive\n" {
		t.Errorf("Capture: %q, %v", said, err)
	}
}

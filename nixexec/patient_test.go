package nixexec

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

// One Ctrl-C does not end what is to be finished, two do; the other signals do at once.
func TestPatient(t *testing.T) {
	for _, signals := range [][]syscall.Signal{{syscall.SIGINT, syscall.SIGINT}, {syscall.SIGTERM}, {syscall.SIGINT, syscall.SIGTERM}} {
		outer, stopOuter := WithSignals(bounded(t), syscall.SIGTERM)
		ctx, stop := WithSignals(outer, keyboard()...)
		firsts := make(chan struct{}, 3)
		patient, stopPatient := Patient(ctx, func() { firsts <- struct{}{} })
		ready := newFIFO(t)
		ended := make(chan error, 1)
		go func() {
			_, err := Output(patient, script(`trap 'exit 5' TERM; cat "$1"; while :; do sleep 0.1; done`, ready))
			ended <- err
		}()
		release(t, ready)
		last := len(signals) - 1
		for i, s := range signals {
			if err := syscall.Kill(os.Getpid(), s); err != nil {
				t.Fatal(err)
			}
			if i == last {
				continue
			}
			<-firsts
			<-ctx.Done()
			if patient.Err() != nil {
				t.Fatalf("%v: it has ended at the first: %v", signals, context.Cause(patient))
			}
		}
		err := <-ended
		var interrupted *InterruptedError
		var exit *ExitError
		if !errors.As(err, &interrupted) || interrupted.Signal != signals[last] || !errors.As(err, &exit) || exit.Code != 5 {
			t.Errorf("%v: %v", signals, err)
		}
		stopPatient()
		stop()
		stopOuter()
	}
}

package ssh

import (
	"context"
	"fmt"
	"nixhop/nixexec"
	"os"
	"syscall"
	"testing"
	"time"
)

// opens names the variable that makes the test binary a program that opens a connection, and uses it.
const opens = "NIXEXEC_SSH_TEST_OPENS"

// TestMain lets the test binary be the foreground of a terminal of its own.
func TestMain(m *testing.M) {
	if os.Getenv(opens) == "" {
		os.Exit(m.Run())
	}
	os.Exit(nixexec.Status(openAndUse(MasterOptions{Dir: os.Args[1], Config: os.Args[2], Host: os.Args[3]})))
}

// openAndUse opens a connection on the terminal and prints what a command over it printed.
func openAndUse(o MasterOptions) error {
	ctx, stop := nixexec.WithSignals(context.Background(), syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	m, _, err := Open(ctx, o, nixexec.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	if err != nil {
		return err
	}
	defer m.Close()
	out, err := nixexec.Output(ctx, m.Command("echo", "used"))
	fmt.Printf("%s", out)
	return err
}

// eventually polls done until it is true; the bound is there only so that a failing test ends.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// bounded returns a context that ends a test that hangs.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

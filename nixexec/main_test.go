package nixexec

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childMode names the variable that makes the test binary one of the programs below.
const childMode = "NIXEXEC_TEST_CHILD"

// TestMain lets the test binary be the child, and the parent, of the tests on signals.
func TestMain(m *testing.M) {
	switch mode := os.Getenv(childMode); mode {
	case "":
		os.Exit(m.Run())
	case "exit":
		code, _ := strconv.Atoi(os.Args[1])
		os.Exit(code)
	case "count":
		countInterrupts()
	case "obey":
		obeyInterrupt()
	case "run", "along", "output", "keys-run", "keys-capture", "keys-watch", "keys-along":
		os.Exit(Status(report(os.Args[1:])))
	case "replace":
		ctx, _ := WithSignals(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		path, _ := LookPath(os.Args[1])
		os.Exit(Status(Replace(ctx, path, os.Args[1:])))
	case "hold":
		_, _, err := Hold(context.Background(), Command{Argv: os.Args[1:]}, "up", 1<<10)
		fmt.Println("held", err)
		select {}
	default:
		fmt.Fprintln(os.Stderr, "unknown mode", mode)
		os.Exit(99)
	}
}

// child returns the test binary as a program in the given mode.
func child(mode string, args ...string) Command {
	return Command{Argv: append([]string{os.Args[0]}, args...), Env: []string{childMode + "=" + mode}}
}

// countInterrupts prints "ready", prints each SIGINT as it comes, and exits with 7 after it read a line. It prints on
// standard error, which no way of running it keeps from the terminal.
func countInterrupts() {
	caught := make(chan os.Signal, 8)
	signal.Notify(caught, syscall.SIGINT)
	lines := make(chan string)
	go func() {
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		lines <- line
	}()
	fmt.Fprintln(os.Stderr, "ready")
	seen := 0
	for {
		select {
		case <-caught:
			seen++
			fmt.Fprintf(os.Stderr, "interrupt %d\n", seen)
		case <-lines:
			signal.Stop(caught)
			fmt.Fprintf(os.Stderr, "total %d\n", seen+len(caught))
			os.Exit(7)
		}
	}
}

// obeyInterrupt prints "ready" and exits on SIGINT with the status that its argument gives.
func obeyInterrupt() {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT)
	fmt.Println("ready")
	<-caught
	code, _ := strconv.Atoi(os.Args[1])
	os.Exit(code)
}

// report runs a program as this process's mode says and prints how that ended.
func report(argv []string) error {
	mode := os.Getenv(childMode)
	os.Unsetenv(childMode)
	// One context for all that ends the run, or one that the keyboard does not end.
	signals := []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP}
	mode, keys := strings.CutPrefix(mode, "keys-")
	if keys {
		signals = append(signals, keyboard()...)
	}
	ctx, stop := WithSignals(context.Background(), signals...)
	defer stop()
	c := Command{Argv: argv}
	if argv[0] == os.Args[0] {
		c = child(argv[1], argv[2:]...)
	}
	var err error
	stdio := Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	switch mode {
	case "run":
		err = Run(ctx, c, stdio)
	case "capture":
		_, err = Capture(ctx, c, stdio)
	case "watch":
		_, err = Watch(ctx, c, stdio, func(string) bool { return true })
	case "along":
		err = ReadAlong(ctx, stdio, io.Discard, true, func(s Stdio) error { return Run(ctx, c, s) })
	default:
		_, err = Output(ctx, c)
	}
	var exit *ExitError
	if errors.As(err, &exit) {
		fmt.Printf("child %d %d %q\n", exit.Code, exit.Signal, exit.Stderr)
	}
	if keys {
		fmt.Println("cause", context.Cause(ctx))
	}
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

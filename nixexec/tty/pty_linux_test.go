package tty

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nixhop/nixexec"
	"nixhop/testdata/terminal"
)

// asks names the variable that makes the test binary a program that asks for a secret.
const asks = "NIXEXEC_TTY_TEST_ASKS"

// TestMain lets the test binary be the foreground of a terminal of its own.
func TestMain(m *testing.M) {
	if os.Getenv(asks) == "" {
		os.Exit(m.Run())
	}
	os.Exit(nixexec.Status(askAndRun(os.Args[1:])))
}

// askAndRun asks for a secret and feeds it to a program.
func askAndRun(argv []string) error {
	secret, err := AskSecret(context.Background(), "password: ")
	if err != nil {
		return err
	}
	c := nixexec.Command{Argv: argv, Secret: secret, Stdin: "and more\nend\n"}
	if err := nixexec.Run(context.Background(), c, nixexec.Stdio{Out: os.Stdout, Err: os.Stderr}); err != nil {
		return err
	}
	c = nixexec.Command{Argv: []string{"sh", "-c", "stty -a | grep -o ' echo '"}}
	return nixexec.Run(context.Background(), c, nixexec.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

// What is typed as a secret is not shown, and reaches the child.
func TestSecretIsAskedFor(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	program := exec.CommandContext(ctx, os.Args[0], "sed", "s/^/got /")
	program.Env = append(os.Environ(), asks+"=1")
	master, err := terminal.Start(program, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	expect := func(text string) {
		t.Helper()
		seen := ""
		for one := make([]byte, 1); !strings.HasSuffix(seen, text); seen += string(one) {
			if _, err := master.Read(one); err != nil {
				t.Fatalf("no %q in %q", text, seen)
			}
		}
		if seen != text {
			t.Errorf("got %q, want %q", seen, text)
		}
	}
	expect("password: ")
	for echoes := true; echoes && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		state, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS)
		echoes = err != nil || state.Lflag&unix.ECHO != 0
	}
	if _, err := io.WriteString(master, "a 'typed' \\ one\n"); err != nil {
		t.Fatal(err)
	}
	expect("\r\ngot a 'typed' \\ one\r\ngot and more\r\ngot end\r\n echo \r\n")
	if status := master.Wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// What is typed at the very moment of the question is not shown either.
func TestSecretIsNeverShown(t *testing.T) {
	for range 40 {
		program := exec.Command(os.Args[0], "sed", "s/^/got /")
		program.Env = append(os.Environ(), asks+"=1", "GORACE=atexit_sleep_ms=0")
		screen, err := terminal.Start(program, nil)
		if err != nil {
			t.Fatal(err)
		}
		shown := ""
		for one := make([]byte, 1); err == nil; {
			if _, err = screen.Read(one); err == nil {
				shown += string(one)
			}
			if shown == "password: " {
				_, _ = io.WriteString(screen, "secret\n")
			}
		}
		screen.Close()
		if before, _, answered := strings.Cut(shown, "got "); !answered || before != "password: \r\n" {
			t.Fatalf("shown: %q", shown)
		}
	}
}

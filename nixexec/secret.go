package nixexec

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/term"
)

// AskSecret asks for a secret on the terminal, without echo, and returns it. It talks to the terminal itself, /dev/tty, so that no
// redirection catches what is typed. When ctx is done the terminal is put back as it was and ctx's cause returned. From the first
// secret on neither this process nor its children write core dumps.
func AskSecret(ctx context.Context, prompt string) (string, error) {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return "", fmt.Errorf("switching core dumps off: %w", err)
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", fmt.Errorf("asking on the terminal: %w", err)
	}
	defer tty.Close()
	before, err := term.GetState(int(tty.Fd()))
	if err != nil {
		return "", fmt.Errorf("asking on the terminal: %w", err)
	}
	fmt.Fprint(tty, prompt)
	type answer struct {
		secret []byte
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		secret, err := term.ReadPassword(int(tty.Fd()))
		answered <- answer{secret, err}
	}()
	select {
	case a := <-answered:
		fmt.Fprintln(tty)
		if a.err != nil {
			return "", fmt.Errorf("asking on the terminal: %w", a.err)
		}
		return string(a.secret), nil
	case <-ctx.Done():
		_ = term.Restore(int(tty.Fd()), before)
		fmt.Fprintln(tty)
		return "", context.Cause(ctx)
	}
}

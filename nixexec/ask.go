package nixexec

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/term"
)

// AskSecret asks for a secret on the terminal, without echo, and returns it. It talks to the terminal itself,
// /dev/tty, so that no redirection catches what is typed. When ctx is done the terminal is put back as it was and
// ctx's cause returned. From the first secret on neither this process nor its children write core dumps.
func AskSecret(ctx context.Context, prompt string) (Secret, error) {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return Secret{}, fmt.Errorf("switching core dumps off: %w", err)
	}
	text, err := ask(ctx, prompt, func(tty *os.File) (string, error) {
		typed, err := term.ReadPassword(int(tty.Fd()))
		fmt.Fprintln(tty)
		return string(typed), err
	})
	return NewSecret(text), err
}

// Ask asks for a line on the terminal, /dev/tty, and returns it without its end; see AskSecret.
func Ask(ctx context.Context, prompt string) (string, error) {
	return ask(ctx, prompt, func(tty *os.File) (string, error) {
		line, err := bufio.NewReader(tty).ReadString('\n')
		return strings.TrimSpace(line), err
	})
}

// ask reads an answer from the terminal and gives up when ctx is done.
func ask(ctx context.Context, prompt string, read func(*os.File) (string, error)) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", fmt.Errorf("asking on the terminal: %w", err)
	}
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		tty.Close()
		return "", fmt.Errorf("asking on the terminal: %w", err)
	}
	fmt.Fprint(tty, prompt)
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		// Whoever gives up must not take the terminal away from under the read, which ends with this process at the latest.
		defer tty.Close()
		text, err := read(tty)
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		if a.err != nil {
			return "", fmt.Errorf("asking on the terminal: %w", a.err)
		}
		return a.text, nil
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		fmt.Fprintln(tty)
		return "", context.Cause(ctx)
	}
}

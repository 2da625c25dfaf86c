package tty

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"nixhop/nixexec"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// AskSecret asks for a secret on the terminal, without echo, and returns it. It talks to the terminal itself,
// /dev/tty, so that no redirection catches what is typed. When ctx is done the terminal is put back as it was and
// ctx's cause returned. Neither this process nor its children write core dumps then.
func AskSecret(ctx context.Context, prompt string) (nixexec.Secret, error) {
	if err := nixexec.WithoutCores(); err != nil {
		return nixexec.Secret{}, err
	}
	text, err := ask(ctx, prompt, silence, func(tty *os.File) (string, error) {
		typed, err := term.ReadPassword(int(tty.Fd()))
		fmt.Fprintln(tty)
		return string(typed), err
	})
	return nixexec.NewSecret(text), err
}

// CanAsk reports whether somebody can be asked on /dev/tty, wherever the standard files lead: there is one, and this
// process is in its foreground. One that is not would be stopped as soon as it reads there.
func CanAsk() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer tty.Close()
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == syscall.Getpgrp()
}

// secretBytes is the longest secret that a file may hold: sudo itself takes no more than 255.
const secretBytes = 4 << 10

// ReadSecret reads a secret from a file: one line, and not a byte more than that, without its end. io.EOF says that
// there is none. When ctx is done its cause is returned. For core dumps see AskSecret.
func ReadSecret(ctx context.Context, file *os.File) (nixexec.Secret, error) {
	if err := nixexec.WithoutCores(); err != nil {
		return nixexec.Secret{}, err
	}
	type answer struct {
		secret nixexec.Secret
		err    error
	}
	answered := make(chan answer, 1)
	go func() {
		line, char := make([]byte, 0, secretBytes), make([]byte, 1)
		for len(line) < secretBytes {
			_, err := file.Read(char)
			switch {
			case err == nil && char[0] != '\n':
				line = append(line, char[0])
				continue
			case err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)):
				answered <- answer{err: err}
				return
			}
			answered <- answer{secret: nixexec.NewSecret(strings.TrimSuffix(string(line), "\r"))}
			return
		}
		answered <- answer{err: fmt.Errorf("the first line has more than %d bytes", secretBytes)}
	}()
	select {
	case a := <-answered:
		return a.secret, a.err
	case <-ctx.Done():
		return nixexec.Secret{}, context.Cause(ctx)
	}
}

// Ask asks for a line on the terminal, /dev/tty, and returns it without its end; see AskSecret.
func Ask(ctx context.Context, prompt string) (string, error) {
	return ask(ctx, prompt, func(int) error { return nil }, func(tty *os.File) (string, error) {
		line, err := bufio.NewReader(tty).ReadString('\n')
		return strings.TrimSpace(line), err
	})
}

// silence turns the echo of a terminal off. ReadPassword does so, too, but not before somebody may have answered who
// has seen the question.
func silence(fd int) error {
	state, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	state.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(fd, setTermios, state)
}

// ask reads an answer from the terminal, which is prepared before the question is put and then as it was, and gives up
// when ctx is done.
func ask(ctx context.Context, prompt string, prepare func(fd int) error, read func(*os.File) (string, error)) (string, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return "", fmt.Errorf("asking on the terminal: %w", err)
	}
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err == nil {
		err = prepare(fd)
	}
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
		// Whoever gives up must not take the terminal away from under the read, which ends with this process at the
		// latest.
		defer tty.Close()
		text, err := read(tty)
		_ = term.Restore(fd, before)
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
